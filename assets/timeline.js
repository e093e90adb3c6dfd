/* The slider under the map: the marks of every month came with the view, so moving asks the server nothing. Where the reader stops, the address follows. */
(function () {
  "use strict";
  var yiguan = (window.yiguan = window.yiguan || {});
  var STOPPED = 450, STEP = 700;
  var time = null, at = 0, waiting = 0, playing = 0, used = 0, hand = "";

  function part(name) { return document.querySelector("#legend [data-time=" + name + "]"); }

  function calm() { return window.matchMedia && window.matchMedia("(prefers-reduced-motion: reduce)").matches; }

  function say() {
    var range = part("range"), said = part("said"), play = part("play");
    if (range) {
      range.value = String(at);
      range.setAttribute("aria-valuetext", time.names[at]);
    }
    if (said) said.textContent = time.names[at];
    if (play) {
      play.textContent = playing ? "■" : "▶";
      play.setAttribute("aria-label", playing ? "停止播放" : "逐月播放");
      play.title = playing ? "停止播放" : "逐月播放";
    }
  }

  /* The slider is drawn anew with every view; whoever was just using it goes on from where he was. */
  function hold(frames) {
    var lost = !document.activeElement || document.activeElement === document.body, mine = hand && part(hand);
    if (time && lost && mine && Date.now() - used < 4000) {
      mine.focus({ preventScroll: true });
      say();
    }
    if (frames) window.requestAnimationFrame(function () { hold(frames - 1); });
  }

  function show(k) {
    at = Math.max(0, Math.min(time.months.length - 1, k));
    say();
    yiguan.pins(yiguan.pinsAt(time, at));
  }

  function settle() {
    window.clearTimeout(waiting);
    waiting = window.setTimeout(function () {
      waiting = 0;
      if (time && at !== time.at) yiguan.navigate(time.urls[at]);
    }, STOPPED);
  }

  function stop() {
    window.clearInterval(playing);
    playing = 0;
  }

  function play() {
    if (playing) {
      stop();
      say();
      settle();
      return;
    }
    if (calm()) return;
    if (at === time.months.length - 1) show(0);
    playing = window.setInterval(function () {
      if (!part("range") || at >= time.months.length - 1) stop();
      else show(at + 1);
      if (!playing) {
        if (part("range")) say();
        settle();
      }
    }, STEP);
    say();
  }

  /* The marks of one month, as the map takes them. */
  yiguan.pinsAt = function (course, k) {
    var order = { none: 0, good: 1, plain: 2, warn: 3, bad: 4 };
    return course.points.filter(function (p) { return p[5].charAt(k) !== "-"; }).map(function (p) {
      var word = course.words[p[5].charAt(k)];
      return [p[0], p[1], word[0], word[1], p[2], p[3] + " · " + word[2], p[4]];
    }).sort(function (a, b) { return order[a[3]] - order[b[3]]; });
  };

  /* A view has arrived: the slider stands at its month, unless the reader is already moving on. */
  yiguan.timed = function (course) {
    time = course || null;
    if (!time) {
      stop();
      window.clearTimeout(waiting);
      waiting = 0;
      return null;
    }
    if (!waiting && !playing) at = time.at;
    window.requestAnimationFrame(function () { if (time) say(); });
    hold(30);
    return yiguan.pinsAt(time, at);
  };

  document.addEventListener("input", function (event) {
    if (!time || !event.target.matches || !event.target.matches("[data-time=range]")) return;
    used = Date.now();
    hand = "range";
    stop();
    show(Number(event.target.value));
    settle();
  });
  document.addEventListener("click", function (event) {
    if (!time || !event.target.closest || !event.target.closest("[data-time=play]")) return;
    used = Date.now();
    hand = "play";
    play();
  });
})();
