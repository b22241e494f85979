"""Tell each version of the site which others there are. `python docs/versions.py docs/_build/html` writes `versions.json` into that folder,
where the site of `main` is, and into each folder in it that is named after a release, such as `v1.2.3`."""
import json, re, sys
from pathlib import Path

def versions(
    out:Path # The site, with those of releases in it
):
    "Write the lists. The newest release comes first after `main`."
    tags = [o.name for o in out.iterdir() if re.fullmatch(r'v\d+(\.\w+)*', o.name) and (o/'index.html').exists()]
    tags.sort(key=lambda o: [int(n) for n in re.findall(r'\d+', o)], reverse=True)
    for here in ('main',*tags):
        up = '' if here=='main' else '../'
        links = [dict(name=o, url=up+('' if o=='main' else f'{o}/') or './') for o in ('main',*tags)]
        (out/('' if here=='main' else here)/'versions.json').write_text(json.dumps(dict(here=here, all=links)))

if __name__=='__main__':
    if len(sys.argv)!=2 or not (Path(sys.argv[1])/'index.html').exists(): sys.exit('versions.py: name the folder of the built site')
    versions(Path(sys.argv[1]))
