/* When the session has ended, the server answers 401 to the page's requests: lead to the login and back to this very view. */
(function () {
  "use strict";
  var send = window.fetch;
  window.fetch = function () {
    return send.apply(this, arguments).then(function (answer) {
      var own = answer.url && new URL(answer.url).origin === window.location.origin;
      if (answer.status === 401 && own) {
        window.location.assign("/login?next=" + encodeURIComponent(window.location.pathname + window.location.search));
      }
      return answer;
    });
  };
})();
