// How the search ranks what it finds: pages that explain before pages that list, the book before its appendix, and a page whose name or title
// is what was asked for before all others. Sphinx puts this before its own searchtools.js.
const asked = (new URLSearchParams(location.search).get('q') || '').trim().toLowerCase().replaceAll('_', ' ')
const place = doc => doc.startsWith('reference/') ? -20 : /^(changelog|errata)$/.test(doc) ? -8
  : /^(exercises|questions)$/.test(doc) ? 3 : doc.includes('/') ? 1 : 6
const named = doc => { const n = doc.split('/').pop().replaceAll('_', ' '); return asked.startsWith(n) || asked.length>4 && n.startsWith(asked) }
var Scorer = {
  score([doc, title, anchor, descr, score, file, kind]) {
    if (kind == 'index') return score
    const wide = kind == 'title' && (!anchor || !/^(exercises|questions)$/.test(doc)) ? 2 : 1
    return score*wide + place(doc) + (!anchor && named(doc) ? 10 : 0)
  },
  objNameMatch: /_|[a-z][A-Z]/.test(location.search) ? 60 : 40, objPartialMatch: 4, objPrio: {0: 0, 1: 0, 2: -5}, objPrioDefault: 0,
  title: 15, partialTitle: 7, term: 5, partialTerm: 2,
}
