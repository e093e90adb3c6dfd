/* What the server may say in place of a view. The session has ended (401): lead to the login and back to this very view. Too many people at
   once (503): ask again by itself after the time it names, and say so, since the figures on the page are still those of the former view. */
(function () {
  "use strict";
  var send = window.fetch, TIMES = 4, LONGEST = 10;

  function say(text, wrong) {
    var line = document.getElementById("busy");
    if (!line) {
      if (!text) return;
      line = document.createElement("p");
      line.id = "busy";
      line.setAttribute("role", "status");
      document.body.appendChild(line);
    }
    line.className = text ? (wrong ? "busy wrong" : "busy") : "busy none";
    line.textContent = text;
  }

  function ask(that, args, left) {
    return send.apply(that, args).then(function (answer) {
      var own = answer.url && new URL(answer.url).origin === window.location.origin;
      if (answer.status === 401 && own) {
        window.location.assign("/login?next=" + encodeURIComponent(window.location.pathname + window.location.search));
      }
      if (!own || answer.url.indexOf("/_dash-update-component") < 0) return answer;
      if (answer.status !== 503) {
        say("");
      } else if (left) {
        say("访问人数较多，正在重新取数；页面上仍是先前的内容。");
        /* Not all at the same moment. */
        var pause = Math.min(Number(answer.headers.get("Retry-After")) || 3, LONGEST) * (0.7 + 0.6 * Math.random());
        return new Promise(function (go) { window.setTimeout(go, pause * 1000); }).then(function () { return ask(that, args, left - 1); });
      } else {
        say("暂时不能取数，页面上仍是先前的内容。请稍后刷新页面。", true);
      }
      return answer;
    });
  }

  window.fetch = function () { return ask(this, arguments, TIMES); };
})();
