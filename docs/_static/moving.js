// Figures that move: each gets its module, which has all that it needs; where that fails, the picture stays
for (const div of document.querySelectorAll('.moving')) {
  import(new URL(div.dataset.src, document.baseURI))
    .then(m => m.mount(m.default, div, JSON.parse(div.dataset.args)))
    .catch(e => console.error(`The figure ${div.dataset.moving} stays still:`, e))
}
