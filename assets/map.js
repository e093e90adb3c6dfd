/* The one map. The server says which areas, in which class, with which words; boundaries come once as a cached file; Leaflet paints. */
(function () {
  "use strict";
  var yiguan = (window.yiguan = window.yiguan || {});
  var RAMP = ["#eef4fb", "#d3e4f6", "#a9cbee", "#6fa5dc", "#2f6db8"];
  var TONES = { good: "#1b7f4b", plain: "#667085", warn: "#b54708", bad: "#b42318", none: "#667085" };
  var SHAPES = {
    "●": "M6 1.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 1 0 0-9Z", "■": "M2 2h8v8h-8Z", "▲": "M6 1.2L11 10.4H1Z", "▼": "M6 10.8L11 1.6H1Z", "◆": "M6 .6L11.4 6L6 11.4L.6 6Z",
    "○": "M6 1.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 1 0 0-9Z", "□": "M2 2h8v8h-8Z", "◇": "M6 .6L11.4 6L6 11.4L.6 6Z",
    "★": "M6.0 0.1L7.6 4.1L11.9 4.4L8.6 7.1L9.6 11.3L6.0 9.0L2.4 11.3L3.4 7.1L0.1 4.4L4.4 4.1Z",
  };
  var files = {}, poles = {}, map = null, layers = null, wanted = null, painted = "", shaped = "", fitted = "", bounds = null, current = null;

  function hook() {
    if (!window.L || window.L.yiguanHooked) return !!window.L;
    window.L.yiguanHooked = true;
    window.L.Map.addInitHook(function () { adopt(this); });
    return true;
  }
  if (!hook()) document.addEventListener("DOMContentLoaded", hook);

  function adopt(made) {
    map = made;
    layers = null;
    painted = shaped = fitted = "";
    window.L.control.zoom({ position: "topright", zoomInTitle: "放大", zoomOutTitle: "缩小" }).addTo(map);
    map.on("zoomend viewreset", declutter);
    new ResizeObserver(function () {
      map.invalidateSize({ animate: false, pan: false });
      if (bounds) fit();
    }).observe(map.getContainer());
    if (wanted) yiguan.paint(wanted);
  }

  function boundaries(url) {
    if (!files[url]) {
      files[url] = fetch(url, { credentials: "same-origin" }).then(function (answer) {
        if (!answer.ok) throw new Error(url + " " + answer.status);
        return answer.json();
      });
      files[url].catch(function () { delete files[url]; });
    }
    return files[url];
  }

  yiguan.paint = function (data) {
    wanted = data;
    if (!data || !map) return;
    map.getContainer().setAttribute("aria-label", data.label || "地图");
    var key = JSON.stringify(data);
    if (key === painted) return;
    Promise.all([boundaries(data.url), data.outline ? boundaries(data.outline[0]) : null]).then(function (got) {
      if (wanted !== data) return; /* the reader has gone on meanwhile */
      painted = key;
      current = data;
      var areas = shape(data);
      if (layers && areas === shaped) yiguan.pins(marksOf(data)); /* only the marks and addresses differ: nothing blinks */
      else {
        shaped = areas;
        draw(data, got[0], got[1]);
      }
    }, function () { say("边界文件未能载入，请刷新页面；数据见右侧排名和下方表格。"); });
  };

  /* All that the areas look like: what is drawn anew only when it differs. */
  function shape(data) {
    var areas = Object.keys(data.areas).map(function (code) { return [code].concat(data.areas[code].slice(0, 4)); });
    return JSON.stringify([data.url, data.outline, areas, data.fit, data.here, data.lines, data.sparse]);
  }

  function marksOf(data) {
    var timed = yiguan.timed && yiguan.timed(data.time);
    return timed || data.points || [];
  }

  /* Puts these marks in place of those on the map. */
  yiguan.pins = function (points) {
    if (!layers) return;
    var before = layers.pins;
    layers.pins = window.L.layerGroup();
    points.forEach(function (p) { mark(p).addTo(layers.pins); });
    layers.pins.addTo(layers);
    if (before) layers.removeLayer(before);
  };

  function say(text) {
    var note = document.getElementById("map-note");
    if (note) note.textContent = text;
  }

  function draw(data, file, outline) {
    var L = window.L;
    say("");
    if (layers) layers.remove();
    layers = L.layerGroup().addTo(map);
    layers.labels = [];
    layers.fan = Boolean(data.lines && data.lines.length);
    var coloured = Object.keys(data.areas).some(function (code) { return data.areas[code][0] !== null; });
    var box = L.latLngBounds([]);
    var found = file.features.filter(function (f) { return data.areas[f.properties.code]; });
    L.geoJSON({ type: "FeatureCollection", features: found }, {
      style: function (f) { return look(data, f.properties.code, coloured); },
      onEachFeature: function (f, layer) {
        var code = f.properties.code;
        if (data.fit.indexOf(code) >= 0) box.extend(layer.getBounds());
        /* A layer of the view before may still hear the mouse while the next view takes its place. */
        layer.bindTooltip(function () { var own = current.areas[code] || data.areas[code]; return words(own[1], own[3] || (coloured ? "无数据" : "")); },
          { sticky: true, direction: "top", offset: [0, -8], className: "map-tip" });
        layer.on("mouseover", function () { layer.setStyle({ weight: 2.4, color: "#174a94" }); layer.bringToFront(); });
        layer.on("mouseout", function () { if (current.areas[code]) { layer.setStyle(look(current, code, coloured)); front(current); } });
        layer.on("click", function () { if (current.areas[code]) yiguan.navigate(current.areas[code][4]); });
        layer.code = code;
        (layers.shapes = layers.shapes || {})[code] = layer;
        if (!f.properties.point && !(data.sparse && !data.areas[code][2])) layers.labels.push([code, layer]);
      },
    }).addTo(layers);
    if (outline) {
      L.geoJSON({ type: "FeatureCollection", features: outline.features.filter(function (f) { return f.properties.code === data.outline[1]; }) },
        { interactive: false, style: { fill: false, color: "#98a8bd", weight: 1.6 } }).addTo(layers);
    }
    front(data);
    layers.labels = layers.labels.map(function (pair) { return label(data, pair[0], pair[1]); }).filter(Boolean);
    (data.lines || []).forEach(function (l) {
      L.polyline([[l[1], l[0]], [l[3], l[2]]], { color: "#174a94", weight: l[4], opacity: 0.35, lineCap: "round" })
        .bindTooltip(words(l[5], l[6]), { sticky: true, className: "map-tip" }).addTo(layers);
    });
    yiguan.pins(marksOf(data));
    bounds = box.isValid() ? box : null;
    var key = data.fit.join();
    if (bounds && key !== fitted) { fitted = key; fit(); }
    declutter();
  }

  function look(data, code, coloured) {
    var step = data.areas[code][0], here = data.here === code, dim = data.here && !here;
    var fill = step === null ? (coloured ? "#f2f4f7" : "#eaf0f7") : RAMP[step];
    return {
      fillColor: fill, fillOpacity: dim ? 0.45 : 1, weight: here ? 2.4 : 1.3, color: here ? "#174a94" : coloured ? "#ffffff" : "#c3cedc",
      opacity: 1, lineJoin: "round",
    };
  }

  function front(data) {
    if (data.here && layers.shapes && layers.shapes[data.here]) layers.shapes[data.here].bringToFront();
  }

  function fit() {
    if (!bounds) return;
    var size = map.getSize(), pad = Math.max(12, Math.min(28, size.y * 0.05));
    map.fitBounds(bounds, { padding: [pad, pad], animate: false });
  }

  function words(name, detail) {
    var box = document.createElement("div"), head = document.createElement("b");
    head.textContent = name;
    box.appendChild(head);
    if (detail) {
      var line = document.createElement("span");
      line.textContent = detail;
      box.appendChild(line);
    }
    return box;
  }

  /* The point inside an area that is farthest from its boundary: a coarse grid, then finer ones around the best. */
  function pole(geometry) {
    var sets = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
    var rings = sets.reduce(function (a, b) { return b[0].length > a[0].length ? b : a; });
    var xs = rings[0].map(function (p) { return p[0]; }), ys = rings[0].map(function (p) { return p[1]; });
    var x0 = Math.min.apply(null, xs), x1 = Math.max.apply(null, xs), y0 = Math.min.apply(null, ys), y1 = Math.max.apply(null, ys);
    var k = Math.cos(((y0 + y1) / 2) * Math.PI / 180), best = [-1, (x0 + x1) / 2, (y0 + y1) / 2];
    for (var round = 0; round < 3; round++) {
      for (var i = 0; i <= 12; i++) {
        for (var j = 0; j <= 12; j++) {
          var x = x0 + (x1 - x0) * i / 12, y = y0 + (y1 - y0) * j / 12, d = depth(rings, x, y, k);
          if (d > best[0]) best = [d, x, y];
        }
      }
      var w = (x1 - x0) / 8, h = (y1 - y0) / 8;
      x0 = best[1] - w; x1 = best[1] + w; y0 = best[2] - h; y1 = best[2] + h;
    }
    return [best[2], best[1]];
  }

  /* Distance to the nearest edge, negative outside. A label is wider than high, so nearness left and right counts double. */
  function depth(rings, x, y, k) {
    var inside = false, least = Infinity;
    rings.forEach(function (ring) {
      for (var a = 0, b = ring.length - 1; a < ring.length; b = a++) {
        var ax = (ring[a][0] - x) * k / 1.7, ay = ring[a][1] - y, bx = (ring[b][0] - x) * k / 1.7, by = ring[b][1] - y;
        if (ay > 0 !== by > 0 && 0 < (bx - ax) * (0 - ay) / (by - ay) + ax) inside = !inside;
        var dx = bx - ax, dy = by - ay, t = dx || dy ? Math.max(0, Math.min(1, -(ax * dx + ay * dy) / (dx * dx + dy * dy))) : 0;
        least = Math.min(least, Math.hypot(ax + t * dx, ay + t * dy));
      }
    });
    return inside ? least : -least;
  }

  function label(data, code, layer) {
    var area = data.areas[code];
    var at = (poles[code] = poles[code] || pole(layer.feature.geometry));
    var box = document.createElement("div"), name = document.createElement("b");
    box.className = "lab" + (area[0] === 4 && (!data.here || data.here === code) ? " light" : "");
    name.textContent = area[1];
    box.appendChild(name);
    if (area[2]) {
      var value = document.createElement("span");
      value.textContent = area[2];
      box.appendChild(value);
    }
    var icon = window.L.divIcon({ html: box, className: "lab-at", iconSize: [0, 0] });
    var marker = window.L.marker(at, { icon: icon, interactive: false, keyboard: false, zIndexOffset: 10000 }).addTo(layers);
    var bb = layer.getBounds();
    return { box: box, marker: marker, size: (bb.getEast() - bb.getWest()) * (bb.getNorth() - bb.getSouth()), here: data.here === code,
      number: parseFloat(String(area[2]).replace(/,/g, "")) || 0 };
  }

  /* Labels give way to one another and to the marks: first a nudge, then without the value, then over marks, then not at all (the tooltip still
     says both). Only where the map is drawn or enlarged: months going by move marks, and labels stay where they are. */
  function declutter() {
    if (!layers || !layers.labels) return;
    var taken = [], marks = [];
    layers.pins.eachLayer(function (pin) {
      var p = map.latLngToContainerPoint(pin.getLatLng());
      marks.push([p.x - 6, p.y - 6, p.x + 6, p.y + 6]);
    });
    /* Over a fan of lines only what has room is named, the largest numbers first; elsewhere the smallest areas, which have the fewest places. */
    var fan = layers.fan, all = map.getSize(), edge = fan ? [[-99, all.y - 2, all.x + 99, all.y + 99], [-99, -99, all.x + 99, 2]] : [];
    marks = marks.concat(edge);
    var order = layers.labels.slice().sort(function (a, b) { return (b.here - a.here) || (fan ? b.number - a.number : a.size - b.size); });
    order.forEach(function (item) {
      var at = map.latLngToContainerPoint(item.marker.getLatLng()), box = item.box;
      box.classList.remove("gone", "short");
      var full = [box.offsetWidth, box.offsetHeight];
      box.classList.add("short");
      var small = [box.offsetWidth, box.offsetHeight];
      var found = place(at, full, taken.concat(marks)), short = false;
      if (!found && fan) { found = place(at, small, taken.concat(marks)); short = true; }
      if (!found && !fan) found = place(at, full, taken);
      if (!found && !fan) { found = place(at, small, taken); short = true; }
      if (!short) box.classList.remove("short");
      if (!found) { box.classList.add("gone"); return; }
      taken.push(found.box);
      /* White is for the dark area itself: a name that had to leave its middle may stand over a pale neighbour. */
      if (fan && Math.abs(found.by[0]) + Math.abs(found.by[1]) > 8) box.classList.remove("light");
      box.style.transform = "translate(calc(-50% + " + found.by[0] + "px), calc(-50% + " + found.by[1] + "px))";
    });
  }

  var MOVES = [[0, 0], [0, -7], [0, 7], [-8, 0], [8, 0], [0, -13], [0, 13], [-14, -6], [14, 6], [14, -6], [-14, 6], [-20, 0], [20, 0], [0, -20], [0, 20]];

  /* The first of a few places near a point where a box of this size touches none of the others. */
  function place(at, size, others) {
    for (var i = 0; i < MOVES.length; i++) {
      var x = at.x + MOVES[i][0], y = at.y + MOVES[i][1];
      var r = [x - size[0] / 2, y - size[1] / 2, x + size[0] / 2, y + size[1] / 2];
      if (!others.some(function (t) { return r[0] < t[2] && r[2] > t[0] && r[1] < t[3] && r[3] > t[1]; })) return { by: MOVES[i], box: r };
    }
    return null;
  }

  function mark(p) {
    var ns = "http://www.w3.org/2000/svg", svg = document.createElementNS(ns, "svg"), path = document.createElementNS(ns, "path");
    var hollow = "○□◇".indexOf(p[2]) >= 0, own = p[7];
    svg.setAttribute("viewBox", "-1 -1 14 14");
    svg.setAttribute("class", "pin" + (own ? " own" : ""));
    path.setAttribute("d", SHAPES[p[2]] || SHAPES["●"]);
    path.setAttribute("fill", hollow ? "#fff" : TONES[p[3]] || TONES.plain);
    path.setAttribute("stroke", hollow ? TONES[p[3]] || TONES.plain : "#fff");
    path.setAttribute("stroke-width", hollow ? "1.6" : "1");
    svg.appendChild(path);
    var size = own ? 22 : 15;
    var icon = window.L.divIcon({ html: svg, className: "pin-at", iconSize: [size, size] });
    var marker = window.L.marker([p[1], p[0]], { icon: icon, keyboard: false, riseOnHover: true });
    marker.bindTooltip(words(p[4], p[5]), { direction: "top", offset: [0, -7], className: "map-tip" });
    marker.on("click", function () { yiguan.navigate(p[6]); });
    return marker;
  }

  /* Where an area's label stands, in pixels of the window: for driving the map from tests and assistive scripts. */
  yiguan.pointOf = function (code) {
    var area = wanted && wanted.areas[code];
    if (!area || !map || !poles[code] || painted !== JSON.stringify(wanted)) return null;
    var p = map.latLngToContainerPoint(poles[code]), r = map.getContainer().getBoundingClientRect();
    return { x: r.left + p.x, y: r.top + p.y };
  };
})();
