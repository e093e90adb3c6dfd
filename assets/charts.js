/* Charts use the basic bundle of plotly.js, fetched only when the first chart is drawn. The renderer would point its loader at the full
   bundle of 4.8 MB; a property that cannot be written keeps ours. */
(function () {
  "use strict";
  var here = document.currentScript ? document.currentScript.src : window.location.origin + "/assets/charts.js";
  var bundle = new URL("vendor/plotly-basic.min.js?v=4.1.1", here).href;
  Object.defineProperty(window, "_dashPlotlyJSURL", { get: function () { return bundle; }, set: function () {}, configurable: false });
  window.PlotlyConfig = Object.assign({}, window.PlotlyConfig, { showSendToCloud: false, displaylogo: false, locale: "zh-CN" });
  window.PlotlyLocales = [{
    moduleType: "locale", name: "zh-CN", dictionary: {},
    format: {
      days: ["星期日", "星期一", "星期二", "星期三", "星期四", "星期五", "星期六"], shortDays: ["周日", "周一", "周二", "周三", "周四", "周五", "周六"],
      months: ["一月", "二月", "三月", "四月", "五月", "六月", "七月", "八月", "九月", "十月", "十一月", "十二月"],
      shortMonths: ["1月", "2月", "3月", "4月", "5月", "6月", "7月", "8月", "9月", "10月", "11月", "12月"], date: "%Y-%m-%d",
    },
  }];
})();
