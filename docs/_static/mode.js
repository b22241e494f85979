// The colours that a reader chose, before anything is drawn
for (const o of ['mode', 'theme']) {
  let v = null
  try { v = localStorage.getItem(o) } catch { /* storage is off: as the system has it */ }
  document.documentElement.dataset[o] = v || 'auto'
}
