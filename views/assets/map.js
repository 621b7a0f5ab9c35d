/* What every map needs beyond Leaflet: scales between two zoom levels, names as a layer, no prefix to the credit. */
(function () {
  "use strict";
  L.Control.Attribution.prototype.options.prefix = false;

  // A map whose whole zoom levels are `percent` larger than usual, so that a city can fill its frame.
  L.CRS.step = function (percent) {
    var base = 2.56 * percent;
    return L.extend({}, L.CRS.EPSG3857, {
      scale: function (zoom) { return base * Math.pow(2, zoom); },
      zoom: function (scale) { return Math.log(scale / base) / Math.LN2; }
    });
  };
  [100, 119, 141, 168].forEach(function (percent) { L.CRS["step" + percent] = L.CRS.step(percent); });

  // Tiles of text: the server says where names stand, the browser sets them in its own type.
  L.GridLayer.Names = L.GridLayer.extend({
    createTile: function (coords, done) {
      var tile = L.DomUtil.create("div", "walkwatch-names");
      fetch(L.Util.template(this.options.url, { z: coords.z, x: coords.x, y: coords.y }))
        .then(function (answer) { return answer.ok ? answer.text() : ""; })
        .then(function (text) { tile.innerHTML = text; done(null, tile); })
        .catch(function (error) { done(error, tile); });
      return tile;
    }
  });

  L.Control.LocalScale = L.Control.Scale.extend({
    _updateMetric: function (maxMeters) {
      var meters = this._getRoundNum(maxMeters);
      var label = meters < 1000 ? meters + " " + this.options.metre : meters / 1000 + " " + this.options.kilometre;
      this._updateScale(this._mScale, label, meters / maxMeters);
    }
  });
})();
