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

def anchor(head): return re.sub(r'[^\w\- ]', '', head.lower()).strip().replace(' ', '-')
def headings(name): return {anchor(o):o for o in re.findall(r'^#+ (.+)', prose(name), re.M)}

def test_links_name_a_chapter_or_a_heading():
    for text,target in links(prose('13_questions.ipynb')):
        file,_,place = target.partition('#')
        if '://' not in target: assert text==(headings(file).get(place) if place else title(file)), target

def test_each_question_links_to_where_the_book_answers_it():
    "… a heading of the chapter that it stands under"
    chapter = ''
    for i,c in enumerate(page):
        if c['cell_type']=='markdown' and (m := re.match(r'## .+\n\nMore in the chapter \[.+\]\((.+)\)', c['source'])): chapter = m[1]
        if i not in asked: continue
        (_,target), = links(re.search(r'^\*In the book:\* (.+)$', asked[i][3], re.M)[1])
        assert target.startswith(f'{chapter}#') and target.partition('#')[2] in headings(chapter), (asked[i][1], target)

def test_groups_are_named_in_words_that_one_would_search_for():
    "A term of the vocabulary, or the subject of the book, is in the heading of each group"
    heads = [m[1].lower() for c in page if (m := re.match(r'## (.+)\n\nMore in the chapter', c['source']))]
    known = {t[0].strip('*`').lower() for t in terms}|{'digits','training loop'}
    assert len(heads)==9 and all(any(re.search(rf'\b{re.escape(k)}(s|es)?\b', h) for k in known) for h in heads), heads

def test_26_asks_for_a_function_and_gets_one():
    i = next(i for i,m in asked.items() if m[1]=='26')
    assert 'function' in asked[i][2]
    fn, = re.findall(r'^def (\w+)\(', page[i+1]['source'], re.M)
    assert fn in asked[i][3]
    exec(page[i+1]['source'].split('\npairs = ')[0], ns := {})
    assert ns[fn]([1,2,3,4], 'abcd')==[(1,'a'),(2,'b'),(3,'c'),(4,'d')]

def plain(s): return s.lower().replace('-', '')

def test_vocabulary():
    "Each term is linked to one chapter, which uses it in its text, and has one row."
    assert len({t[0] for t in terms})==len(terms)
    for term,meaning,link in terms:
        (_,target), = links(link)
        assert meaning and plain(term.strip('*`')) in plain(prose(target)), (term, target)

def test_vocabulary_leads_to_the_chapter_of_that_name():
    "A term that is the title of a chapter, such as metric, is linked to that chapter."
    own = {title(o.name).lower():o.name for o in sorted(nbs.glob('[0-9]*.ipynb'))}
    odd = [t for t,_,link in terms if (o := own.get(t.strip('*`').lower()+'s')) and o not in link]
    assert own['metrics'] and not odd

def test_vocabulary_covers_parts_ii_and_iii():
    further = '''backpropagation, convolution, kernel, feature map, receptive field, equivariance, stride, padding, pooling, batch
        normalisation, residual connection, transfer learning, pretrained, head, body, dropout, overfitting, regularisation,
        augmentation, generalise, nonlinearity, confusion matrix, mask, segmentation, intersection over union, U-Net, skip
        connection, test-time augmentation, confidence interval, p-value,
        calibration, confidence, saliency, adversarial, encoder, decoder, label smoothing'''
    assert not {' '.join(o.split()) for o in further.split(',')} - {t[0].strip('*`') for t in terms}

def test_vocabulary_has_the_basics():
    basics = '''ReLU, mini-batch, forward pass, backward pass, loss, gradient, gradient descent, learning rate, activations, parameters,
        rank 0, rank 1, rank 2, baseline, label, transfer learning'''
    assert not {o.strip() for o in basics.split(',')} - {t[0].strip('*`') for t in terms}
