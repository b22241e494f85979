// A choice of versions, where the site has several; each leads to the same page, or to that version's first
const root = new URL(document.documentElement.dataset.content_root, location)
const menu = document.querySelector('.versions'), select = menu?.querySelector('select')
if (menu && location.protocol.startsWith('http')) {
  fetch(new URL('versions.json', root)).then(r => r.json()).then(({here, all}) => {
    if (all.length < 2) return
    select.append(...all.map(o => new Option(o.name, o.url, false, o.name === here)))
    menu.hidden = false
    select.addEventListener('change', async () => {
      const base = new URL(select.value, root), same = new URL(location.href.slice(root.href.length), base)
      const r = await fetch(same, {method: 'HEAD'}).catch(() => null)
      location.href = r?.ok ? same : base
    })
  }).catch(() => { /* without the list there is no choice */ })
}
