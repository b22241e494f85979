"""Make the pictures of the front page: docs/_static/ladder.png, what `mnist_train` prints, and docs/_static/page.png, the page 'Draw a
digit'.

It needs MNIST and Chromium, and takes some minutes. Run it where what these show has changed."""
import html, shutil, subprocess, sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import sync_playwright
from served import served

docs = Path(__file__).parent
terminal = ('<body style="margin:0"><pre style="display:inline-block; margin:0; padding:16px 20px; background:#1b1f24; color:#e6e6e6; '
            'font:15px/1.35 monospace">{}</pre>')

# Does the net not disagree with pixel similarity, or is it wrong, or is the convnet not sure?
odd = """() => {
    const [mean,,net] = [...document.querySelectorAll('.draw-digit')].map(o => o.textContent)
    const said = document.querySelector('.draw-said').textContent
    return mean === net || !said.startsWith(`A ${net} of the test set. This is a`) || said.includes('probably')
}"""

def ladder():
    "What the command prints on MNIST, in a folder of its own"
    with TemporaryDirectory() as tmp:
        r = subprocess.run([Path(sys.executable).parent/'mnist_train', '--data', 'mnist'], cwd=tmp, capture_output=True, text=True)
        if r.returncode: sys.exit(r.stderr)
    return '$ mnist_train\n'+r.stdout

def drawing(page, at):
    "The page 'Draw a digit' of the site at `at`, with a digit on which the models differ"
    page.goto(at+'draw.html')
    while not page.evaluate('!!(window.draw && draw.models)'): page.wait_for_timeout(50)   # `wait_for_function` needs `eval`
    while page.evaluate(odd): page.get_by_role('button', name='sample').click()
    top = page.locator('.draw-top').bounding_box()
    page.screenshot(path=docs/'_static'/'page.png', full_page=True, clip=dict(x=0, y=top['y']-20, width=800, height=top['height']+24))

def make_pictures():
    "Take the pictures."
    said = ladder()
    with TemporaryDirectory() as tmp, sync_playwright() as p:
        if subprocess.run([sys.executable, docs/'build.py', '--out', tmp]).returncode: sys.exit('the site cannot be built')
        page = p.chromium.launch(executable_path=shutil.which('chromium'),
                                 args=['--no-sandbox']).new_page(viewport=dict(width=800, height=800))
        page.set_content(terminal.format(html.escape(said)))
        page.locator('pre').screenshot(path=docs/'_static'/'ladder.png')
        with served(f'{tmp}/html') as at: drawing(page, at)

if __name__=='__main__': make_pictures()
