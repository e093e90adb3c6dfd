/* One component for a whole slot: a list [tag, props, child, …] becomes elements. React escapes all text; handlers cannot come in as JSON. */
(function () {
  "use strict";
  var yiguan = (window.yiguan = window.yiguan || {});

  function build(node) {
    if (!Array.isArray(node)) return node;
    return window.React.createElement.apply(null, [node[0], node[1]].concat(node.slice(2).map(build)));
  }

  yiguan.Tree = function (props) {
    var made = window.React.useMemo(function () {
      return [window.React.Fragment, null].concat((props.json ? JSON.parse(props.json) : []).map(build));
    }, [props.json]);
    return window.React.createElement.apply(null, made);
  };
})();
