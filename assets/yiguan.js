/* Behaviour of the page that needs no server: links without reloading, menus, copying the address, focus. Plain script, no eval. */
(function () {
  "use strict";
  var yiguan = (window.yiguan = window.yiguan || {});

  /* Paths that the server answers itself: downloads, signing in and out, files. */
  var OUTSIDE = /^\/(export|report|login|logout|geo|assets|accounts?|audit|healthz)([/.?]|$)/;

  yiguan.navigate = function (href) {
    window.history.pushState({}, "", href);
    window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
  };

  function closeMenus(except) {
    document.querySelectorAll("details.menu[open], details.months[open]").forEach(function (d) {
      if (d !== except) d.removeAttribute("open");
    });
  }

  document.addEventListener("click", function (event) {
    var inside = event.target.closest("details.menu, details.months");
    closeMenus(inside);
    var link = event.target.closest("a[href]");
    if (!link) {
      if (event.target.closest("#copy-link")) copy(event.target.closest("#copy-link"));
      return;
    }
    if (inside && !event.target.closest("summary")) inside.removeAttribute("open");
    if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    if (link.origin !== window.location.origin || link.hasAttribute("download") || link.target) return;
    if (OUTSIDE.test(link.pathname) || link.getAttribute("href").charAt(0) === "#") return;
    event.preventDefault();
    if (link.classList.contains("card") || /[?&](rows|rec)=/.test(link.search)) opener = link.getAttribute("href");
    if (link.href !== window.location.href) yiguan.navigate(link.href);
  });

  document.addEventListener("keydown", function (event) {
    if (event.key !== "Escape") return;
    var open = document.querySelector("details.menu[open], details.months[open]");
    if (open) {
      open.removeAttribute("open");
      open.querySelector("summary").focus();
      return;
    }
    var close = document.querySelector("#drawer .close");
    if (close) close.click();
  });

  function copy(button) {
    function done() {
      var was = button.textContent;
      button.textContent = button.getAttribute("data-done") || was;
      window.setTimeout(function () { button.textContent = was; }, 1600);
    }
    var text = window.location.href;
    if (navigator.clipboard && window.isSecureContext) {
      navigator.clipboard.writeText(text).then(done);
      return;
    }
    /* An office network often has no HTTPS, where the clipboard API is not offered. */
    var field = document.createElement("textarea");
    field.value = text;
    field.className = "offscreen";
    document.body.appendChild(field);
    field.select();
    if (document.execCommand("copy")) done();
    field.remove();
  }

  /* The drawer takes the focus when it opens and gives it back to the link it was opened from. */
  var opener = null, shown = false;
  function follow() {
    var drawer = document.getElementById("drawer");
    if (drawer && !shown) {
      shown = true;
      document.body.classList.add("drawn");
      var title = document.getElementById("drawer-title");
      if (title) title.focus({ preventScroll: true });
    } else if (!drawer && shown) {
      shown = false;
      document.body.classList.remove("drawn");
      if (opener) {
        var links = document.querySelectorAll("a[href]");
        for (var i = 0; i < links.length; i++) {
          if (links[i].getAttribute("href") === opener) { links[i].focus({ preventScroll: true }); break; }
        }
      }
      opener = null;
    }
  }
  new MutationObserver(follow).observe(document.documentElement, { childList: true, subtree: true });

  /* The page was sent with its first view drawn; it goes when the living one shows the same, two frames later so that nothing blinks. */
  function live() {
    var first = document.getElementById("first");
    if (first) window.requestAnimationFrame(function () { window.requestAnimationFrame(function () { first.remove(); }); });
  }

  var path = null;
  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    yiguan: {
      /* title: text of the window; a new subject starts at the top of the page. */
      settle: function (title) {
        if (title) {
          document.title = title;
          live();
        }
        if (path !== null && path !== window.location.pathname) window.scrollTo(0, 0);
        path = window.location.pathname;
        return title || "";
      },
      paint: function (data) {
        yiguan.paint(data);
        return (data && data.label) || "";
      },
    },
  });
})();
