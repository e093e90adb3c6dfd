/* Components insert their style sheets as <style> elements, which the content security policy takes only with the nonce of the page.
   What our own scripts make gets it here; what stands in the markup, or is put there by somebody else, does not. */
(function () {
  "use strict";
  var nonce = document.currentScript.nonce, make = document.createElement;
  document.createElement = function (name) {
    var made = make.apply(document, arguments);
    if (made.localName === "style") made.nonce = nonce;
    return made;
  };
})();
