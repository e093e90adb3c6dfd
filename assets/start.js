/* Starts the page's renderer, last of all scripts. */
var renderer = new DashRenderer();
