"The chapter of questions: all 37 are there, answered and shown, and its links and its vocabulary fit the chapters they name."
import json, re
from pathlib import Path

import pytest

nbs = Path(__file__).parent.parent/'nbs'

def cells(name): return [{**c, 'source':''.join(c['source'])} for c in json.loads((nbs/name).read_text(encoding='utf-8'))['cells']]
def prose(name): return '\n'.join(c['source'] for c in cells(name) if c['cell_type']=='markdown')
def title(name): return re.match(r'# (.+)', prose(name))[1]
def links(md): return re.findall(r'\[([^\]]+)\]\(([^)]+)\)', md)

page = cells('13_questions.ipynb')
asked = {i:m for i,c in enumerate(page) if c['cell_type']=='markdown'
         for m in [re.search(r'^### (\d+)\. (.+)\n\n((?s:.+))', c['source'], re.M)] if m}
terms = [[o.strip() for o in l.strip('|').split('|')] for l in prose('13_questions.ipynb').split('\n') if l.startswith('| **')]

def test_there_are_37(): assert [int(m[1]) for m in asked.values()] == list(range(1,38))

@pytest.mark.parametrize('i', asked, ids=lambda i: asked[i][1])
def test_a_question_is_answered_and_shown(i):
    "A question, an answer of a few sentences, and then a cell that the reader sees, with its output"
    _,question,answer = asked[i].groups()
    assert question[-1] in '?.' and 2 <= len(re.findall(r'[.?](?=\s|$)', answer)) <= 6
    shown = page[i+1]
    assert shown['cell_type']=='code' and '#| hide' not in shown['source'] and shown['outputs']

def test_a_question_stands_under_its_chapter():
    "Each group begins with the link to its chapter, and the groups follow the order of the book, with what it rests on in front"
    heads = {i:re.search(r'^## .+\n\nMore in the chapter \[.+\]\((.+)\)', c['source'])
             for i, c in enumerate(page) if c['cell_type']=='markdown' and c['source'].startswith('## ')}
    groups = [m[1] for i,m in heads.items() if i<=max(asked)]
    assert groups==sorted(set(groups), key=lambda o: ('/' not in o, o)) and min(heads)<=min(asked)

def test_order_of_fastai():
    "A table of four rows says which number each has here."
    found = re.findall(r'^\| \d+ to \d+ \|(.+)', prose('13_questions.ipynb'), re.M)
    assert len(found)==4 and sorted(map(int, re.findall(r'\d+', ' '.join(found)))) == list(range(1,38))

def test_links_name_a_chapter():
    for text,target in links(prose('13_questions.ipynb')):
        if '://' not in target: assert text==title(target)

def test_vocabulary():
    "Each term is linked to one chapter, which uses it in its text, and has one row."
    assert len({t[0] for t in terms})==len(terms)
    for term,meaning,link in terms:
        (_,target), = links(link)
        assert meaning and term.strip('*`').lower() in prose(target).lower(), (term, target)

def test_vocabulary_leads_to_the_chapter_of_that_name():
    "A term that is the title of a chapter, such as metric, is linked to that chapter."
    own = {title(o.name).lower():o.name for o in sorted(nbs.glob('[0-9]*.ipynb'))}
    odd = [t for t,_,link in terms if (o := own.get(t.strip('*`').lower()+'s')) and o not in link]
    assert own['metrics'] and not odd

def test_vocabulary_has_the_basics():
    basics = '''ReLU, mini-batch, forward pass, backward pass, loss, gradient, gradient descent, learning rate, activations, parameters,
        rank 0, rank 1, rank 2, baseline, label, transfer learning'''
    assert not {o.strip() for o in basics.split(',')} - {t[0].strip('*`') for t in terms}
