"""Random drawings of digits, and of what is not a digit, for the page 'Draw a digit': `make_draw.py` learns from some, and
`measure_draw.py` measures on others.

A drawing is a list of strokes, float [n,2], x to the right and y down, on a pad of 280 by 280. Each digit and each other sign has several
forms, functions with numbers drawn at random. `HELD_OUT` names forms that are never learned from, so that a measurement on them shows how
the models read what they have not seen."""
import math

import numpy as np
import torch
from mnist_from_scratch.data.images import crop_to_ink, in_geometry

PAD = 280
FORMS,OTHERS = {},{}    # (digit, name) and name -> a function of a `Chance` that gives strokes in a square of side 1

class Chance:
    "Random numbers, under short names"
    def __init__(self, seed): self.rng = np.random.default_rng(seed)
    def __call__(self, lo, hi): return float(self.rng.uniform(lo, hi))
    def p(self, p): return self.rng.random()<p
    def of(self, xs): return xs[int(self.rng.integers(len(xs)))]

def form(*digits):
    def f(g):
        for d in digits: FORMS[d,g.__name__] = g
        return g
    return f
def other(g): OTHERS[g.__name__] = g; return g

# --- lines

def line(*ps): return np.array(ps, float)
def curve(*ps, n=8):
    "A smooth line through points (Catmull and Rom's spline)"
    p = np.array(ps, float)
    if len(p)<3: return p
    p = np.concatenate([2*p[:1]-p[1:2], p, 2*p[-1:]-p[-2:-1]])
    t = np.linspace(0, 1, n, endpoint=False)[:,None,None]
    a,b,c,d = p[:-3],p[1:-2],p[2:-1],p[3:]
    s = .5*(2*b + (c-a)*t + (2*a-5*b+4*c-d)*t**2 + (3*b-a-3*c+d)*t**3)
    return np.concatenate([s.transpose(1,0,2).reshape(-1,2), p[-2:-1]])
def arc(x, y, rx, ry, start, end, n=24, power=1.):
    "Part of an ellipse, or of a rounder rectangle where `power` is below 1; degrees, clockwise from the right, since y goes down"
    a = np.radians(np.linspace(start, end, n))
    def f(v): return np.sign(v)*abs(v)**power
    return np.stack([x+rx*f(np.cos(a)), y+ry*f(np.sin(a))], 1)
def join(*ls): return np.concatenate(ls)

# --- digits

def polygon(u, x, y, rx, ry, n):
    "Not quite regular, and not quite closed, from near the top, either way round"
    a = np.radians(-90+u.of((-1,1))*(np.arange(n+1)*360/n))+np.append(u.rng.normal(0, .12, n), u(-.15,.15))
    return np.stack([x+rx*np.cos(a), y+ry*np.sin(a)], 1)

@form(0)
def oval(u):
    a,turn,rx = u(-130,-40),u(335,400)*u.of((-1,1)),u(.24,.45)
    return [arc(.5, .5, rx, .5, a, a+turn)]
@form(0)
def egg(u):
    a,k = u(-120,-60),u(-.25,.25)
    p = arc(.5, .5, u(.28,.42), .5, a, a-u(340,395))
    p[:,0] = .5+(p[:,0]-.5)*(1+k*(p[:,1]-.5)*2)
    return [p]
@form(0)
def zero_of_two_halves(u):
    rx,lap = u(.25,.42),u(-8,12)
    return [arc(.5, .5, rx, .5, -90+u(-15,15), -270-lap), arc(.5, .5, rx*u(.9,1.1), .5, -90+u(-15,15), 90+lap)]
@form(0)
def zero_with_tail(u):
    rx,a = u(.28,.42),u(-80,-30)
    p = arc(.5, .5, rx, .5, a, a-u(345,375))
    end = p[-1]
    return [join(p, curve(end, end+[-rx*u(.2,.5), u(.02,.12)], end+[-rx*u(.6,1.), u(-.02,.12)]))]
@form(0)
def square_zero(u): a = u(-120,-60); return [arc(.5, .5, u(.28,.42), .5, a, a-u(345,380), power=u(.55,.85))]
@form(0)
def slashed_zero(u): a,rx = u(-120,-60),u(.3,.42); return [arc(.5, .5, rx, .5, a, a-u(350,375)),
        line((.5+rx*u(.5,.9),u(.1,.25)), (.5-rx*u(.5,.9),u(.75,.9)))]

@form(0)
def zero_of_lines(u):
    n,rx = u.of((4,5,6,7,8,9)),u(.18,.3)
    return [polygon(u, .5, .5, rx, .5, n)]

@form(1)
def stick(u): b = u(-.03,.03); return [curve((.5+u(-.04,.04),0), (.5+b,.5), (.5+u(-.04,.04),1))]
@form(1)
def one_with_flag(u):
    x,y = u(.1,.3),u(.12,.3)
    flag = line((.5-x,y), (.5,0)) if u.p(.6) else curve((.5-x,y), (.5-x*.45,y*u(.5,.8)), (.5,0))
    return [join(flag, line((.5,0), (.5+u(-.04,.04),1)))]
@form(1)
def one_with_long_upstroke(u):
    x,y = u(.25,.65),u(.3,.9)
    up = line((.5-x,y), (.5,0)) if u.p(.5) else curve((.5-x,y), (.5-x*u(.3,.6),y*u(.4,.75)), (.5,0))
    return [join(up, line((.5,0), (.5+u(-.08,.08),1)))] if u.p(.85) else [up, line((.5+u(-.03,.03),u(-.03,.05)), (.5+u(-.06,.06),1))]
@form(1)
def one_with_curved_flag(u):
    x,y,b = u(.15,.45),u(.15,.5),u(-.3,.45)
    mid = np.array([.5-x/2, y/2])+b*np.array([y, x])*u(.4,1.)
    return [join(curve((.5-x,y), mid, (.5,0)), curve((.5,0), (.5+u(-.04,.06),.5), (.5+u(-.06,.06),1)))]
@form(1)
def one_with_base(u):
    w,x = u(.12,.35),u(.08,.3)
    s = [line((.5-x,u(.12,.3)), (.5,0), (.5,1))] if u.p(.8) else [line((.5,0), (.5,1))]
    return [*s, line((.5-w,1+u(-.02,.02)), (.5+w*u(.7,1.2),1+u(-.03,.03)))]
@form(1)
def one_in_one_line_with_base(u):
    w = u(.15,.3)
    return [line((.5-u(.15,.3),u(.15,.3)), (.5,0), (.5,.98), (.5-w,1), (.5+w,1+u(-.02,.02)))]
@form(1)
def one_of_two_strokes(u): x = u(.12,.4); return [line((.5,0), (.5+u(-.03,.03),1)), line((.5+u(-.02,.02),u(0,.06)), (.5-x,u(.15,.45)))]
@form(1)
def one_with_hook(u): return [curve((.5-u(.1,.25),u(.1,.25)), (.48,u(0,.04)), (.5,.3), (.5,.75), (.5+u(.0,.08),1),
        (.5+u(.08,.2),1-u(.02,.1)))]

def top_of_two(u, w): return [(.5-w,u(.12,.32)), (.5-w*u(.4,.7),u(.02,.08)), (.5+w*u(.1,.3),0), (.5+w*u(.8,1.),u(.12,.22)),
        (.5+w*u(.7,1.),u(.3,.42))]
@form(2)
def swan(u):
    w = u(.28,.42)
    return [join(curve(*top_of_two(u, w), (.5+w*u(-.1,.3),u(.55,.7)), (.5-w*u(.9,1.15),1)), line((.5-w,1), (.5+w*u(.8,1.3),1+u(-.05,.04))))]
@form(2)
def two_with_loop(u):
    w,y = u(.28,.42),u(.78,.92)
    return [curve(*top_of_two(u, w), (.5+w*u(0,.3),u(.58,.72)), (.5-w*u(.5,.8),u(.93,1.)), (.5-w*u(.9,1.1),y+.03),
                  (.5-w*u(.5,.7),y-u(.02,.08)), (.5,y+u(.02,.08)), (.5+w*u(.5,.7),1), (.5+w*u(1.,1.3),1-u(.05,.14)))]
@form(2)
def angular_two(u):
    w = u(.28,.42)
    return [line((.5-w,u(.05,.2)), (.5-w*u(.2,.6),0), (.5+w*u(.5,.9),u(0,.05)), (.5+w,u(.2,.32)), (.5-w,1), (.5+w*u(.9,1.2),1+u(-.03,.03)))]
@form(2)
def wavy_two(u):
    w = u(.28,.4)
    return [curve(*top_of_two(u, w), (.5+w*u(-.1,.2),u(.6,.75)), (.5-w,u(.93,1.)), (.5-w*.4,u(.9,.96)), (.5+w*.3,u(.97,1.05)),
            (.5+w*1.1,u(.86,.98)))]
@form(2)
def two_without_hook(u):
    w = u(.28,.42)
    return [join(curve((.5-w,u(.02,.12)), (.5,0), (.5+w,u(.2,.32)), (.5,u(.55,.7)), (.5-w,1)), line((.5-w,1), (.5+w*u(.9,1.2),1)))]
@form(2)
def two_of_two_strokes(u):
    w = u(.28,.42)
    return [curve(*top_of_two(u, w), (.5+w*u(-.1,.3),u(.55,.7)), (.5-w*u(.9,1.1),1)),
            line((.5-w*u(.9,1.3),1+u(-.06,.04)), (.5+w*u(.8,1.3),1+u(-.05,.05)))]

@form(2)
def square_two(u): w,m = u(.26,.38),u(.42,.56); return [line((.5-w,u(-.03,.03)), (.5+w,0), (.5+w,m), (.5-w,m+u(-.02,.02)), (.5-w,1),
        (.5+w,1+u(-.03,.02)))]

@form(3)
def round_three(u):
    w,k,m = u(.25,.42),u(-.06,.1),u(.4,.52)
    return [join(curve((.5-w,u(.05,.2)), (.5-w*u(-.1,.4),0), (.5+w*u(.7,1.),m*u(.4,.55)), (.5-w*u(-.1,.3),m)),
                 curve((.5-w*u(0,.3),m), (.5+w*u(.5,.7),m+.08), (.5+w*(1.05+k),m+(1-m)*u(.45,.6)), (.5+w*u(-.1,.3),1),
                         (.5-w*u(.9,1.2),u(.82,.97))))]
@form(3)
def flat_three(u):
    w,m = u(.25,.4),u(.32,.5)
    return [join(line((.5-w,u(0,.05)), (.5+w*u(.8,1.1),0), (.5-w*u(-.1,.3),m)),
                 curve((.5,m), (.5+w*u(.6,.8),m+.06), (.5+w*1.1,u(.65,.75)), (.5+w*u(.2,.5),u(.95,1.)), (.5-w*u(.3,.5),1),
                         (.5-w*u(.9,1.2),u(.82,.95))))]
@form(3)
def three_with_loop(u):
    w,m,r = u(.26,.4),u(.42,.52),u(.04,.1)
    return [curve((.5-w,u(.08,.2)), (.5,0), (.5+w*.9,.2), (.5+w*.3,m), (.5-r*1.5,m+r*.2), (.5-r,m-r), (.5+r,m),
                  (.5+w,.7), (.5+w*.3,1), (.5-w,u(.85,.95)))]
@form(3)
def three_of_lines(u):
    w,m = u(.25,.4),u(.42,.55)
    return [line((.5-w,u(0,.1)), (.5+w*u(.7,1.),u(0,.2)), (.5-w*u(-.3,.3),m), (.5+w,u(.65,.8)), (.5-w*u(.8,1.1),u(.93,1.)))]
@form(3)
def three_with_long_middle(u):
    w,m = u(.25,.4),u(.42,.52)
    return [curve((.5-w,u(.05,.15)), (.5,0), (.5+w,u(.18,.26)), (.5+w*.4,m-.02)),
            curve((.5-w*u(.2,.5),m), (.5+w*.3,m), (.5+w,.7), (.5+w*.2,1), (.5-w,u(.85,.95)))]
@form(3)
def three_with_bar(u): # square above and below
    w,m = u(.26,.4),u(.42,.55)
    return [line((.5-w,u(-.02,.04)), (.5+w,0), (.5+w,1), (.5-w*u(.9,1.1),1+u(-.04,.02))), line((.5-w*u(.3,.9),m), (.5+w,m+u(-.02,.02)))]

@form(4)
def open_four(u):
    w,y,x = u(.28,.45),u(.5,.72),u(.1,.35)
    left = line((.5-w*u(.2,.9),u(0,.15)), (.5-w,y), (.5+w*u(.8,1.3),y+u(-.06,.04)))
    return [left, line((.5+x,u(-.05,.3)), (.5+x+u(-.12,.06),1))]
@form(4)
def open_four_curved(u):
    w,y,x = u(.28,.42),u(.48,.68),u(.15,.38)
    return [curve((.5-w,u(0,.12)), (.5-w*u(.9,1.05),y*.6), (.5-w*u(.6,.9),y*u(.9,1.)), (.5,y+u(0,.05)), (.5+x,y-u(.0,.12))),
            line((.5+x,u(-.05,.2)), (.5+x+u(-.1,.04),1))]
@form(4)
def open_four_in_one_line(u):
    w,y,x = u(.28,.42),u(.45,.65),u(.2,.4)
    return [join(curve((.5-w,u(0,.1)), (.5-w,y*.7), (.5-w*u(.5,.8),y), (.5+x*.6,y-u(0,.06)), (.5+x,u(.05,.2))),
            line((.5+x,u(.0,.1)), (.5+x+u(-.08,.04),1)))]
@form(4)
def closed_four(u):
    w,y,x = u(.3,.48),u(.55,.75),u(.02,.3)
    return [line((.5+x+u(-.04,.04),u(0,.03)), (.5-w,y), (.5+w*u(.8,1.2),y+u(-.04,.04))), line((.5+x,u(-.02,.04)), (.5+x+u(-.06,.06),1))]
@form(4)
def closed_four_in_one_line(u):
    w,y,x = u(.3,.45),u(.55,.75),u(.02,.3)
    return [line((.5+w*u(.9,1.2),y), (.5-w,y+u(-.04,.04)), (.5+x,0), (.5+x+u(-.05,.05),1))]
@form(4)
def four_with_gap(u):
    w,y,x = u(.3,.42),u(.45,.65),u(.28,.4)
    return [line((.5-w*u(.6,1.),u(0,.1)), (.5-w,y), (.5+x-u(.06,.14),y+u(-.05,.03))), line((.5+x,u(.0,.25)), (.5+x+u(-.05,.04),1))]
@form(4)
def four_like_a_chair(u):
    w,y,x = u(.25,.4),u(.38,.55),u(.25,.38)
    return [line((.5-w,0), (.5-w+u(-.04,.04),y), (.5+x,y)), line((.5+x+u(-.02,.02),u(.0,.08)), (.5+x,1))]

def bowl(u, w, top): return [(.5-w*u(-.2,.2),top-u(.02,.07)), (.5+w*u(.7,.9),top+u(.04,.12)), (.5+w*u(.9,1.1),u(.65,.75)),
                             (.5+w*u(.3,.6),u(.92,1.)), (.5-w*u(.2,.5),1), (.5-w*u(.9,1.2),u(.8,.95))]
@form(5)
def five(u):
    w,m = u(.25,.4),u(.38,.5)
    return [join(line((.5+w*u(.8,1.2),u(-.03,.04)), (.5-w*u(.7,1.),u(0,.04)), (.5-w*u(.8,1.1),m)),
            curve((.5-w*u(.8,1.),m), *bowl(u, w, m)))]
@form(5)
def five_of_two_strokes(u):
    w,m = u(.25,.4),u(.36,.5)
    y = u(-.06,.05)
    return [join(line((.5-w*u(.7,1.),u(0,.04)), (.5-w*u(.8,1.1),m)), curve((.5-w*u(.8,1.),m), *bowl(u, w, m))),
            line((.5-w*u(.4,.95),y), (.5+w*u(.8,1.4),y+u(-.06,.04)))]
@form(5)
def five_like_s(u):
    w,m = u(.25,.4),u(.3,.45)
    return [curve((.5+w*u(.9,1.2),u(-.02,.06)), (.5+w*.2,u(-.01,.03)), (.5-w*u(.7,.9),u(.05,.12)), (.5-w*u(.8,1.),m), *bowl(u, w, m+.04))]
@form(5)
def five_of_lines(u):
    w,m = u(.26,.4),u(.38,.52)
    return [line((.5+w*u(.9,1.2),0), (.5-w,0), (.5-w,m), (.5+w*u(.5,1.),m+u(-.02,.05)), (.5+w,u(.65,.85)), (.5+w*u(.3,.8),1),
            (.5-w*u(.9,1.1),1+u(-.06,.02)))]
@form(5)
def five_with_big_bowl(u):
    w,m = u(.3,.42),u(.25,.34)
    y = u(-.03,.04)
    return [curve((.5-w*u(.5,.8),.02), (.5-w*u(.7,.9),m), (.5,m-.02), (.5+w,u(.45,.6)), (.5+w*.6,.92), (.5-w*.2,1), (.5-w,u(.78,.9))),
            line((.5-w*u(.5,.8),y), (.5+w*u(.5,1.2),y+u(-.05,.02)))]
@form(5)
def square_five(u):
    w,m = u(.26,.38),u(.42,.55)
    return [line((.5+w,u(-.03,.03)), (.5-w,0), (.5-w,m), (.5+w,m+u(-.02,.02)), (.5+w,1), (.5-w,1+u(-.03,.02)))]

@form(6)
def six(u):
    w,t = u(.24,.38),u(.42,.6)
    return [curve((.5+w*u(.2,.9),u(0,.06)), (.5-w*u(.3,.7),u(.25,.4)), (.5-w,u(.62,.75)), (.5-w*.5,u(.93,.98)), (.5+w*.3,1),
            (.5+w,u(.72,.82)),
                  (.5+w*.5,t), (.5-w*u(0,.3),t+u(0,.06)), (.5-w*u(.8,1.),u(.7,.82)))]
@form(6)
def six_with_large_loop(u):
    w,t = u(.32,.46),u(.2,.4)
    return [curve((.5+w*u(.0,.7),u(0,.05)), (.5-w*u(.5,.8),u(.2,.3)), (.5-w,u(.55,.7)), (.5-w*.6,.93), (.5,1), (.5+w*.7,.93),
            (.5+w,u(.6,.7)),
                  (.5+w*.5,t+.03), (.5-w*.1,t), (.5-w*u(.7,1.),u(.5,.65)))]
@form(6)
def six_with_straight_stem(u):
    r,ry = u(.22,.36),u(.2,.32)
    x,y = .5,1-ry
    a = u(180,215)
    p = arc(x, y, r, ry, a, a-u(330,380))
    return [join(line((.5+r*u(-.3,.9),0)), p)]
@form(6)
def six_curled(u):
    w,t = u(.26,.38),u(.45,.58)
    return [curve((.5+w*u(.9,1.2),u(.1,.2)), (.5+w*u(.4,.6),u(0,.03)), (.5-w*u(.4,.6),u(.15,.25)), (.5-w,u(.55,.7)), (.5-w*.5,.95),
            (.5+w*.4,1), (.5+w,u(.75,.82)),
                  (.5+w*.4,t), (.5-w*u(.6,.9),u(.62,.75)))]
@form(6)
def six_not_closed(u):
    w,t = u(.26,.38),u(.48,.62)
    return [curve((.5+w*u(.2,.8),u(0,.06)), (.5-w*u(.4,.8),u(.25,.4)), (.5-w,u(.62,.75)), (.5-w*.3,1), (.5+w*.6,.95), (.5+w,u(.75,.82)),
            (.5+w*.4,t), (.5-w*u(.0,.45),t+u(.04,.14)))]
@form(6)
def six_like_b(u):
    w,t = u(.24,.36),u(.5,.62)
    return [curve((.5-w*u(.2,.7),0), (.5-w*u(.9,1.),.5), (.5-w*.8,.9), (.5,1), (.5+w,u(.76,.82)), (.5+w*.3,t), (.5-w*.9,u(.7,.8)))]

@form(6)
def square_six(u): w,m = u(.24,.38),u(.42,.56); return [line((.5+w*u(.6,1.1),u(-.03,.03)), (.5-w,0), (.5-w,1), (.5+w,1+u(-.02,.02)),
        (.5+w,m), (.5-w*u(.8,1.),m+u(-.03,.03)))]
@form(6)
def six_of_lines(u):
    w,m = u(.22,.38),u(.4,.6)
    return [line((.5+w*u(-.2,.8),0), (.5-w*u(.8,1.),u(.5,.75)), (.5-w*u(.3,.7),u(.93,1.)), (.5+w*u(.4,.8),u(.92,1.)), (.5+w,u(.7,.85)),
            (.5+w*u(.2,.6),m), (.5-w*u(.5,.9),m+u(.05,.15)))]

def top_of_seven(u, w): return (.5-w*u(.8,1.1),u(-.03,.08)),(.5+w*u(.8,1.1),u(-.03,.03))
def stem_of_seven(u, w, start):
    end = (.5-w*u(-.1,.8),1)
    return line(start, end) if u.p(.5) else curve(start, (.5+w*u(0,.35),u(.35,.55)), end)
def cross(u): y,w,b = u(.4,.6),u(.12,.3),u(-.07,.05); x = .5+u(-.02,.12); return line((x-w,y-b), (x+w*u(.7,1.1),y+b))
@form(7)
def seven(u): w = u(.26,.45); a,b = top_of_seven(u, w); return [join(line(a), stem_of_seven(u, w, b))]
@form(7)
def crossed_seven(u): return [*seven(u), cross(u)]
@form(7)
def seven_with_serif(u):
    w = u(.26,.42)
    a,b = top_of_seven(u, w)
    return [join(line((a[0]+u(-.06,.03),a[1]+u(.1,.25)), a), stem_of_seven(u, w, b))]
@form(7)
def crossed_seven_with_serif(u): return [*seven_with_serif(u), cross(u)]
@form(7)
def wavy_seven(u):
    w = u(.28,.42)
    return [join(curve((.5-w,u(.08,.2)), (.5-w*u(.5,.7),u(-.02,.04)), (.5+w*u(0,.3),u(.05,.12)), (.5+w,u(-.02,.03))),
            stem_of_seven(u, w, (.5+w,0))), *([cross(u)] if u.p(.35) else [])]
@form(7)
def seven_of_two_strokes(u):
    w = u(.28,.42)
    a,b = top_of_seven(u, w)
    return [line(a, b), stem_of_seven(u, w, (b[0]-u(-.02,.05),b[1]+u(-.02,.03))), *([cross(u)] if u.p(.4) else [])]
@form(7)
def rounded_seven(u):
    w = u(.26,.4)
    return [curve((.5-w,u(.0,.08)), (.5,u(-.02,.03)), (.5+w*.85,u(.0,.06)), (.5+w*u(.7,.95),u(.15,.25)), (.5+w*u(.1,.3),u(.5,.6)),
            (.5-w*u(0,.5),1))]

def eight_in_one_line(u, top, w0, w1):
    "From the right of the top loop, S-shaped down, and back up"
    a = u(.5,.85)
    return [curve((.5+w0*a,top*u(.2,.35)), (.5,0), (.5-w0,top*.5), (.5-w0*.3,top*.9), (.5+w1*.4,top+(1-top)*.18), (.5+w1,top+(1-top)*.6),
            (.5,1),
                  (.5-w1,top+(1-top)*.6), (.5-w1*.4,top+(1-top)*.18), (.5+w0*.4,top*.85), (.5+w0*u(.8,1.1),top*u(.35,.55)),
                  (.5+w0*a*u(.6,1.05),top*u(.05,.3)))]
@form(8)
def eight(u): w = u(.24,.38); return eight_in_one_line(u, u(.42,.55), w*u(.75,1.05), w)
@form(8)
def eight_with_small_top(u): w = u(.28,.42); return eight_in_one_line(u, u(.22,.4), w*u(.35,.7), w)
@form(8)
def eight_with_large_top(u): w = u(.2,.3); return eight_in_one_line(u, u(.55,.66), w*u(1.05,1.5), w)
@form(8)
def eight_of_two_circles(u):
    top = u(.3,.55)
    w = u(.24,.4)
    w0,a,b,g = w*top/(1-top)*u(.85,1.25),u(0,360),u(-110,-70),u(-.03,.03)
    w0 = min(w0, w*1.3)
    return [arc(.5+u(-.04,.04), top/2, w0, top/2, a, a+u(345,380)), arc(.5, (1+top)/2+g, w, (1-top)/2, b, b+u(345,380))]
@form(8)
def eight_open_at_top(u):
    w = u(.25,.38)
    m = u(.42,.52)
    return [curve((.5+w*u(.6,.9),u(.02,.14)), (.5+w*u(.0,.3),0), (.5-w*.8,m*.45), (.5,m), (.5+w*.95,u(.7,.78)), (.5,1),
            (.5-w*.95,u(.7,.78)), (.5,m), (.5+w*u(.7,1.),u(.1,.22)))]
@form(8)
def eight_like_an_hourglass(u):
    w = u(.28,.42)
    return [line((.5+w,u(0,.06)), (.5-w,u(.92,1.)), (.5+w*u(.9,1.05),1), (.5-w*u(.9,1.05),u(0,.05)),
            (.5+w*u(.9,1.),u(-.03,.04)))] if u.p(.5) else \
           [curve((.5-w*.9,.08), (.5-w*.2,u(.4,.5)), (.5+w,u(.85,.95)), (.5,1), (.5-w,u(.85,.95)), (.5+w*.2,u(.4,.5)), (.5+w*.9,.1),
                   (.5,0), (.5-w*.9,.08))]
@form(8)
def eight_from_the_middle(u):
    w,m = u(.25,.38),u(.42,.52)
    w0 = w*u(.7,1.)
    return [curve((.5,m), (.5-w0,m*.5), (.5,0), (.5+w0,m*.5), (.5,m), (.5-w,m+(1-m)*.5), (.5,1), (.5+w,m+(1-m)*.5),
            (.5+u(-.03,.05),m+u(-.02,.02)))]

@form(8)
def eight_of_two_polygons(u):
    top = u(.3,.55)
    w = u(.22,.38)
    return [polygon(u, .5+u(-.04,.04), top/2, min(w*top/(1-top)*u(.85,1.3), w*1.3), top/2, u.of((4,5,6,7))),
            polygon(u, .5, (1+top)/2+u(-.03,.03), w, (1-top)/2, u.of((4,5,6,7,8)))]
@form(8)
def eight_of_lines(u):
    w,m = u(.24,.38),u(.38,.54)
    w0 = w*u(.6,1.)
    return [line((.5+w0*u(.7,1.),m*u(.25,.5)), (.5+u(-.05,.05),0), (.5-w0,m*u(.4,.6)), (.5+u(-.04,.04),m), (.5+w,m+(1-m)*u(.45,.6)),
            (.5+u(-.05,.05),1),
                 (.5-w,m+(1-m)*u(.45,.6)), (.5+u(-.06,.04),m+u(-.02,.06)), (.5+w0*u(.7,1.1),m*u(.3,.6)))]

@form(9)
def nine(u):
    r,ry = u(.24,.38),u(.2,.3)
    a = u(-50,0)
    p = arc(.5, ry, r, ry, a, a-u(335,375))
    return [join(p, line((.5+r,ry*u(.6,1.)), (.5+r*u(.3,1.05),1)))]
@form(9)
def nine_with_curved_stem(u):
    r,ry = u(.24,.38),u(.2,.3)
    a = u(-50,0)
    return [join(arc(.5, ry, r, ry, a, a-u(335,375)), curve((.5+r,ry), (.5+r*u(.8,1.),.6), (.5+r*u(.2,.6),.9),
            (.5-r*u(.1,.8),u(.97,1.02))))]
@form(9)
def nine_with_hook(u):
    r,ry = u(.24,.36),u(.2,.28)
    a = u(-50,0)
    return [join(arc(.5, ry, r, ry, a, a-u(335,375)), curve((.5+r,ry*u(.7,1.)), (.5+r*u(.9,1.1),.65), (.5+r*.7,.93), (.5,1),
            (.5-r*u(.8,1.),u(.8,.92))))]
@form(9)
def nine_with_large_loop(u):
    r,ry = u(.3,.42),u(.3,.39)
    a = u(-60,0)
    return [join(arc(.5, ry, r, ry, a, a-u(340,370)), curve((.5+r,ry), (.5+r*u(.8,1.),.7), (.5+r*u(.2,.9),1)))]
@form(9)
def open_nine(u):
    r,m = u(.24,.36),u(.42,.55)
    return [curve((.5+r*u(.7,1.),u(.06,.14)), (.5,0), (.5-r,m*.5), (.5-r*.3,m), (.5+r*.6,m*.85), (.5+r,u(.15,.25)), (.5+r*u(.8,1.),.6),
            (.5+r*u(.3,1.),1))]
@form(9)
def nine_of_two_strokes(u):
    r,ry,a = u(.22,.36),u(.2,.3),u(0,360)
    x = .5+r*u(.9,1.08)
    return [arc(.5, ry, r, ry, a, a+u(345,375)), line((x,u(-.04,.2)), (x+u(-.15,.05),1))]
@form(9)
def nine_with_stem_from_above(u):
    r,m = u(.25,.36),u(.42,.52)
    return [curve((.5+r,u(0,.05)), (.5-r*.2,u(.0,.05)), (.5-r,m*.55), (.5-r*.2,m), (.5+r*.7,m*.75), (.5+r,u(.02,.08))),
            line((.5+r,u(.0,.06)), (.5+r*u(.7,1.1),1))]

@form(9)
def square_nine(u): w,m = u(.24,.38),u(.42,.56); return [line((.5+w,m+u(-.03,.03)), (.5-w,m), (.5-w,u(-.02,.02)), (.5+w,0), (.5+w,1),
        *([(.5-w,1)] if u.p(.4) else []))]
@form(9)
def nine_of_lines(u):
    w,m = u(.22,.38),u(.4,.56)
    return [line((.5+w,m*u(.3,.5)), (.5,u(0,.04)), (.5-w,m*u(.4,.6)), (.5-w*u(.3,.7),m), (.5+w*u(.1,.5),m*u(.9,1.)), (.5+w,m*u(.4,.6)),
            (.5+w*u(.3,1.),1))]

# --- what is not a digit

LETTERS = dict( # a few lines and curves each; without those that are digits too (I l O Z S b q g y)
    A=lambda u: [line((.1,1), (.5,0), (.9,1)), line((.28,.6+u(-.1,.1)), (.72,.6+u(-.1,.1)))],
    C=lambda u: [arc(.55, .5, .42, .5, -u(35,60), -u(300,325))],
    E=lambda u: [line((.85,0), (.15,0), (.15,1), (.85,1)), line((.15,.5), (u(.6,.8),.5))],
    F=lambda u: [line((.85,0), (.2,0), (.2,1)), line((.2,u(.42,.52)), (.7,u(.42,.52)))],
    G=lambda u: [join(arc(.5, .5, .42, .5, -u(30,50), -335), line((.9,.55), (u(.5,.65),.55)))],
    H=lambda u: [line((.15,0), (.15,1)), line((.85,0), (.85,1)), line((.15,.5+u(-.1,.1)), (.85,.5+u(-.1,.1)))],
    J=lambda u: [curve((.7,0), (.7,.6), (.6,.95), (.3,.98), (.15,.75)), line((.4,0), (.95,0))],
    K=lambda u: [line((.15,0), (.15,1)), line((.85,0), (.17,u(.5,.62)), (.9,1))],
    L=lambda u: [line((.2,0), (.2,1), (.85,1))],
    M=lambda u: [line((.05,1), (u(.05,.2),0), (.5,u(.45,.7)), (u(.8,.95),0), (.95,1))],
    N=lambda u: [line((.12,1), (.12,0), (.85,1), (.85,0))],
    P=lambda u: [line((.2,0), (.2,1)), curve((.2,.02), (.7,.05), (.82,.27), (.65,.5), (.2,.52))],
    R=lambda u: [line((.2,0), (.2,1)), join(curve((.2,.02), (.7,.05), (.82,.25), (.65,.45), (.22,.5)), line((.3,.5), (.9,1)))],
    T=lambda u: [line((.05,0), (.95,u(-.04,.04))), line((.5,0), (.5+u(-.05,.05),1))],
    U=lambda u: [curve((.12,0), (.12,.6), (.3,.97), (.65,.97), (.85,.6), (.86,0))],
    V=lambda u: [line((.08,0), (.5+u(-.05,.05),1), (.92,u(0,.06)))],
    W=lambda u: [line((0,0), (.25,1), (.5,u(.2,.5)), (.75,1), (1,0))],
    X=lambda u: [line((.1,0), (.9,1)), line((.9,0), (.1,1))],
    Y=lambda u: [line((.1,0), (.5,u(.4,.55))), line((.9,0), (.5,.5), (.5+u(-.05,.05),1))],
    a=lambda u: [join(arc(.5, .6, .32, .35, -40, -380), line((.82,.3), (.84,.85), (.98,.98)))],
    d=lambda u: [arc(.42, .7, .3, .3, -30, -380), line((.74,0), (.75,1))],
    e=lambda u: [join(line((.15,.55), (.8,.5)), arc(.5, .5, .36, .45, -10, -u(290,325)))],
    f=lambda u: [curve((.8,.1), (.6,0), (.45,.2), (.45,1)), line((.2,.42), (.75,.4))],
    h=lambda u: [line((.2,0), (.2,1)), curve((.2,.6), (.5,.42), (.75,.6), (.77,1))],
    k=lambda u: [line((.2,0), (.2,1)), line((.7,.4), (.22,.7), (.78,1))],
    m=lambda u: [curve((.05,.3), (.08,1)), curve((.08,.5), (.28,.3), (.48,.5), (.5,1)), curve((.5,.5), (.7,.3), (.9,.5), (.93,1))],
    n=lambda u: [line((.15,.2), (.15,1)), curve((.15,.5), (.45,.22), (.8,.45), (.82,1))],
    p=lambda u: [line((.2,.1), (.2,1)), arc(.48, .33, .28, .27, -150, 200)],
    r=lambda u: [line((.25,.2), (.25,1)), curve((.25,.55), (.45,.28), (.8,.25))],
    t=lambda u: [curve((.45,0), (.45,.8), (.6,1), (.85,.9)), line((.15,.3), (.8,.28))],
    u=lambda u: [join(curve((.1,.1), (.1,.7), (.4,.95), (.8,.6), (.82,.1)), line((.82,.1), (.84,1)))],
    w=lambda u: [curve((0,.2), (.2,1), (.5,.4), (.75,1), (1,.2))],
    x=lambda u: [line((.15,.2), (.85,1)), line((.85,.2), (.15,1))],
    B=lambda u: [line((.18,0), (.18,1)), curve((.18,.02), (.7,.06), (.78,.25), (.6,.45), (.2,.48)),
            curve((.2,.48), (.75,.55), (.85,.76), (.65,.97), (.18,1))],
    Q=lambda u: [arc(.5, .48, .42, .47, -90, -445), line((.6,.7), (.98,1.05))],
    D=lambda u: [line((.18,0), (.18,1)), curve((.18,0), (.65,.08), (.88,.5), (.65,.93), (.18,1))])
for k,v in LETTERS.items(): OTHERS[f'letter {k}'] = v

def regular(n, step=1, turn=0.): a = np.radians(turn-90+360/n*step*np.arange(n+1)); return np.stack([.5+.5*np.cos(a), .5+.5*np.sin(a)], 1)
@other
def dash(u): return [line((0,.5), (1,.5+u(-.15,.15)))]
@other
def two_dashes(u): d = u(.15,.4); return [line((0,.5-d), (1,.5-d+u(-.1,.1))), line((0,.5+d), (1,.5+d+u(-.1,.1)))]
@other
def three_bars(u): return [line((x,u(0,.1)), (x+u(-.1,.1),u(.9,1.))) for x in ((.1,.5,.9) if u.p(.7) else (.05,.35,.65,.95))]
@other
def tilde(u): return [curve((0,.6), (.25,u(.2,.4)), (.5,.5), (.75,u(.6,.8)), (1,.4))]
@other
def wave(u): n = u.of((5,6,7,9)); return [curve(*[(i/(n-1),.5+(-1)**i*u(.1,.3)) for i in range(n)])]
@other
def zigzag(u): n = u.of((4,5,6,7,8)); return [line(*[(i/(n-1),.5+(-1)**i*u(.15,.4)) for i in range(n)])]
@other
def zigzag_upright(u): n = u.of((5,6,7,8)); return [line(*[(.5+(-1)**i*u(.15,.4),i/(n-1)) for i in range(n)])]
@other
def dot(u): return [line((.5,.5), (.5+u(0,.004),.5))]
@other
def dots(u): return [line((x,y), (x+.001,y)) for x,y in u.rng.uniform(0, 1, (u.of((2,3,4,5,6)),2))]
@other
def face(u):
    e,m = u(.12,.25),u(-.15,.2)
    eye = [line((.5+s*e,.35), (.5+s*e,.35+u(.001,.12))) if u.p(.7) else arc(.5+s*e, .36, .06, .06, 0, 360) for s in (-1,1)]
    nose = [line((.5,.45), (.5,.55))] if u.p(.3) else []
    return [arc(.5, .5, .5, .5, -90, 275), *eye, *nose, curve((.5-e*1.2,.68-m/3), (.5,.68+m), (.5+e*1.2,.68-m/3))]
@other
def face_without_outline(u): m = u(.05,.3); return [line((.25,.1), (.25,u(.11,.3))), line((.75,.1), (.75,u(.11,.3))),
        curve((.05,.6), (.3,.6+m), (.7,.6+m), (.95,.6))]
@other
def scribble(u): return [curve(*u.rng.uniform(0, 1, (u.of((7,9,12,16,22)),2)))]
@other
def angular_scribble(u): return [line(*u.rng.uniform(0, 1, (u.of((6,8,11,15)),2)))]
@other
def hatching(u): n = u.of((6,8,10,12)); return [line(*[(i/(n-1)+u(-.03,.03),(i%2)+u(-.1,.1)) for i in range(n)])]
@other
def curls(u): n = u(2.5,5); t = np.linspace(0, n*2*math.pi, 60); r = u(.2,.35); return [np.stack([t/t[-1]*u(.6,2.)+r*np.cos(t),
        .5+r*np.sin(t)*u(.7,1.4)], 1)]
@other
def loops(u):
    t = np.linspace(0, 2*math.pi*u(2,5), 70)
    return [np.stack([.5+np.cos(t)*u(.3,.5)+u(.05,.2)*np.cos(t*u(2,4)+u(0,6)), .5+np.sin(t)*u(.3,.5)+u(.05,.2)*np.sin(t*u(2,4)+u(0,6))], 1)]
@other
def spiral(u): t = np.linspace(0, 2*math.pi*u(2.2,4.2), 60); s = u.of((-1,1)); a = u(0,6); return [np.stack([.5+t/t[-1]*.5*np.cos(s*t+a),
        .5+t/t[-1]*.5*np.sin(s*t+a)], 1)]
@other
def square(u): return [line((0,0), (1,0), (1,1), (0,1), (0,0))]
@other
def square_with_cross(u): return [*square(u), line((0,0), (1,1)), line((1,0), (0,1))]
@other
def triangle(u): return [regular(3, turn=u.of((0,0,0,180,90)))]
@other
def diamond(u): return [line((.5,0), (u(.8,1.),.5), (.5,1), (u(0,.2),.5), (.5,0))]
@other
def pentagram(u): return [regular(5, 2, u(-8,8))]
@other
def asterisk(u): n = u.of((3,4)); a = np.radians(180/n*np.arange(n)+u(0,60)); return [line((.5-.5*np.cos(o),.5-.5*np.sin(o)),
        (.5+.5*np.cos(o),.5+.5*np.sin(o))) for o in a]
@other
def plus(u): return [line((0,.5), (1,.5+u(-.04,.04))), line((.5,0), (.5+u(-.04,.04),1))]
@other
def heart(u): return [curve((.5,.25), (.3,.0), (.03,.12), (.1,.5), (.5,1)), curve((.5,.25), (.7,.0), (.97,.12), (.9,.5), (.5,1))]
@other
def arrow(u):
    p,a = [line((0,.5), (1,.5)), line((.7,.5-u(.15,.35)), (1,.5), (.7,.5+u(.15,.35)))],np.radians(u.of((0,90,180,270,45,-45)))
    m = np.array([[math.cos(a),-math.sin(a)],[math.sin(a),math.cos(a)]])
    return [(o-.5)@m+.5 for o in p]
@other
def tick(u): return [line((0,u(.5,.7)), (u(.25,.4),1), (1,0))]
@other
def question_mark(u): return [curve((.2,u(.15,.3)), (.45,0), (.8,u(.15,.3)), (u(.5,.7),u(.4,.55)), (.5,u(.6,.7))),
        arc(.5, .92, (r := u(.05,.09)), r, 0, 365)]
@other
def question_mark_without_dot(u): return [curve((.15,u(.1,.35)), (.45,0), (.8,u(.15,.3)), (u(.5,.7),u(.45,.6)), (.48,u(.65,.8)), (.48,1))]
@other
def hash_sign(u): return [line((.35,0), (.28,1)), line((.72,0), (.65,1)), line((.02,.33), (1,.3)), line((0,.7), (.98,.67))]
@other
def percent(u): return [line((.85,0), (.15,1)), arc(.22, .2, .18, .18, 0, 365), arc(.78, .8, .18, .18, 0, 365)]
@other
def at_sign(u): return [join(arc(.5, .5, .2, .22, -20, -370), arc(.5, .5, .5, .5, 10, -300))]
@other
def infinity(u): t = np.linspace(0, 2*math.pi*u(.97,1.03), 40)+u(0,6); return [np.stack([.5+.5*np.cos(t), .5+u(.2,.3)*np.sin(2*t)], 1)]
@other
def house(u): return [line((.1,1), (.1,.45), (.9,.45), (.9,1), (.1,1)), line((.02,.48), (.5,0), (.98,.48))]
@other
def stick_figure(u): return [arc(.5, .14, .14, .14, 0, 365), line((.5,.28), (.5,.65)), line((.15,u(.3,.5)), (.5,.4), (.85,u(.3,.5))),
        line((.2,1), (.5,.65), (.8,1))]
@other
def flower(u): n = u.of((5,6)); return [arc(.5, .5, .14, .14, 0, 365),
        *[arc(.5+.33*math.cos(o), .5+.33*math.sin(o), .17, .17, 0, 365) for o in np.arange(n)*2*math.pi/n]]
@other
def cloud(u): return [curve((.1,.75), (0,.55), (.15,.4), (.25,.2), (.5,.18), (.65,.3), (.85,.3), (1,.55), (.88,.75), (.1,.76))]
@other
def lightning(u): return [line((.6,0), (.2,.55), (.55,.5), (.3,1))] if u.p(.5) else [line((.6,0), (.2,.58), (.5,.58), (.3,1), (.85,.42),
        (.5,.42), (.75,0), (.6,0))]
@other
def fish(u): return [curve((1,.1), (.6,.7), (.3,.75), (0,.5), (.3,.25), (.6,.3), (1,.9)), line((1,.9), (1,.1)), line((.2,.45), (.21,.45))]
@other
def tree(u): return [line((.5,1), (.5,.6)), arc(.5, .32, .4, .32, 90, 455)]
@other
def circle_with_cross(u): return [arc(.5, .5, .5, .5, -90, 275), line((0,.5), (1,.5)), line((.5,0), (.5,1))]
@other
def circle_with_dot(u): return [arc(.5, .5, .5, .5, -90, 275), arc(.5+u(-.08,.08), .5, (r := u(.06,.12)), r, 0, 365)]
@other
def ring_in_ring(u): return [arc(.5, .5, .5, .5, -90, 275), arc(.5, .5, .22, .22, 0, 365)]
@other
def music(u): return [arc(.2, .85, .18, .13, 0, 365), line((.38,.85), (.38,0), (.9,.12), (.9,.75)), arc(.72, .76, .17, .12, 0, 365)]
@other
def moon(u): return [join(arc(.6, .5, .5, .5, -60, -300), arc(.85, .5, .42, .42, -240, -120))]
@other
def ampersand(u): return [curve((.95,1), (.3,.3), (.35,.05), (.55,.02), (.62,.2), (.15,.65), (.15,.9), (.4,1), (.75,.8), (.9,.5))]
@other
def many_strokes(u): return [line(*(np.clip(u.rng.uniform(0, 1, 2)+o, -.1, 1.1) for o in ((0,0),
        u.rng.uniform(-.6, .6, 2)))) for _ in range(u.of((3,4,5,6)))]
@other
def comb(u): return [line((0,.1), (1,.1)), *[line((x,.1), (x,u(.7,1.))) for x in (0,.33,.66,1)]]
@other
def pi_sign(u): return [curve((0,.2), (.2,.05), (1,.03)), line((.35,.06), (.25,1)), curve((.68,.05), (.68,.8), (.9,1))]
@other
def bracket(u): return [line((.6,0), (.2,0), (.2,1), (.6,1))] if u.p(.5) else [line((.2,0), (.6,0), (.6,1), (.2,1))]
@other
def equals_crossed(u): return [*two_dashes(u), line((.8,0), (.2,1))]
@other
def fence(u): return [line((.2,0), (.2,1)), line((.8,0), (.8,1)), line((0,.3), (1,.3)), line((0,.7), (1,.7))]
@other
def envelope(u): return [line((0,.2), (1,.2), (1,.8), (0,.8), (0,.2), (.5,.55), (1,.2))]
@other
def cube(u): return [line((0,.3), (.7,.3), (.7,1), (0,1), (0,.3)), line((0,.3), (.3,0), (1,0), (.7,.3)), line((1,0), (1,.7), (.7,1))]
@other
def umbrella(u): return [join(arc(.5, .45, .5, .45, 180, 360), line((0,.45))), curve((.5,.45), (.5,.9), (.4,1), (.28,.92))]
@other
def cat(u): return [curve((.1,.05), (.1,.6), (.5,1), (.9,.6), (.9,.05)), line((.1,.05), (.35,.28), (.65,.28), (.9,.05)),
        line((.33,.5), (.34,.51)), line((.67,.5), (.68,.51))]
@other
def car(u): return [line((0,.7), (0,.45), (.2,.42), (.35,.15), (.7,.15), (.8,.45), (1,.48), (1,.7), (0,.7)),
        arc(.25, .75, .12, .12, 0, 365), arc(.75, .75, .12, .12, 0, 365)]

def one_of(u): return FORMS[learned_form(u)](u)
def beside(a, b, gap, lift=0): return [*a, *[o+[max(o[:,0].max() for o in a)+gap-min(o[:,0].min() for o in b),lift] for o in b]]
def narrow(strokes, w, h=1.): return [o*[w,h] for o in fitted(strokes)]
@other
def two_digits(u): return beside(*(narrow(one_of(u), u(.35,.75), u(.85,1.15)) for _ in range(2)), u(.08,.35), u(-.1,.1))
@other
def three_digits(u): return beside(two_digits(u), narrow(one_of(u), u(.35,.6)), u(.08,.3))
@other
def two_digits_one_below_the_other(u): return [*narrow(one_of(u), 1, .8), *[o+[0,u(.9,1.1)] for o in narrow(one_of(u), 1, .8)]]
@other
def two_digits_that_touch(u): return beside(*(narrow(one_of(u), u(.4,.75), u(.85,1.15)) for _ in range(2)), u(-.08,.05), u(-.1,.1))
@other
def struck_out(u): return [*fitted(one_of(u)), line((u(-.2,.1),u(.2,.5)), (u(.9,1.2),u(.5,.8))),
        line((u(-.2,.1),u(.5,.8)), (u(.9,1.2),u(.2,.5)))]

def sign_of(u): k = u.of([k for k in OTHERS if k not in HELD_OUT_OTHERS and ' ' in k]); return OTHERS[k](u)
@other
def two_letters(u): return beside(*(narrow(sign_of(u), u(.4,.8), u(.85,1.15)) for _ in range(2)), u(.08,.3), u(-.1,.1))
@other
def one_on_the_other(u): return [*fitted(sign_of(u)), *[o+[u(-.2,.2),u(-.2,.2)] for o in fitted(sign_of(u))]]
@other
def glyph(u):
    "Some lines, curves and rings between places on a grid: signs of no alphabet"
    def place(): return np.array([u.of((0,.5,1)),u.of((0,.33,.67,1))])+u.rng.normal(0, .05, 2)
    def stroke():
        if u.p(.2): x,y = place()*.7+.15; return arc(x, y, u(.1,.3), u(.1,.3), u(0,360), u(500,700))
        ps = [place() for _ in range(u.of((2,2,3,4)))]
        return curve(*ps) if u.p(.5) else line(*ps)
    return [stroke() for _ in range(u.of((3,3,4,5)))]

# --- which are learned from

HELD_OUT = {(0,'egg'), (0,'square_zero'), (1,'one_of_two_strokes'), (1,'one_with_hook'), (2,'two_without_hook'), (2,'two_of_two_strokes'),
    (3,'three_with_long_middle'), (4,'closed_four_in_one_line'), (4,'four_like_a_chair'), (5,'five_with_big_bowl'), (5,'square_five'),
    (6,'six_curled'), (6,'six_like_b'), (7,'rounded_seven'), (7,'seven_of_two_strokes'), (8,'eight_from_the_middle'),
    (8,'eight_open_at_top'), (8,'eight_of_lines'), (6,'square_six'), (9,'nine_of_lines'),
    (9,'nine_with_stem_from_above'), (9,'open_nine')}
HELD_OUT_OTHERS = {*(f'letter {o}' for o in 'BFJKMQdhwx'), 'tilde', 'zigzag_upright', 'face_without_outline', 'angular_scribble', 'curls',
    'square_with_cross', 'pentagram', 'heart', 'percent', 'house', 'fish', 'circle_with_dot',
    'ampersand', 'fence', 'umbrella', 'cat', 'car',
    'three_digits'}
_LEARNED = {d:[k for k in FORMS if k[0]==d and k not in HELD_OUT] for d in range(10)}
def learned_form(u, digit=None): return u.of(_LEARNED[u.of(range(10)) if digit is None else digit])
def held_form(u, digit): return u.of([k for k in FORMS if k[0]==digit and k in HELD_OUT])

# --- hands and conditions

def fitted(strokes):
    "The same, in a square of side 1"
    p = np.concatenate(strokes)
    lo,hi = p.min(0),p.max(0)
    return [(o-(lo+hi)/2)/max((hi-lo).max(), .05)+.5 for o in strokes]

def corners(o):
    "bool [n]: both ends, and where the line turns by more than 40 degrees"
    d = np.diff(o, axis=0)
    turn = np.abs((np.diff(np.arctan2(d[:,1], d[:,0]))+math.pi)%(2*math.pi)-math.pi)
    return np.concatenate([[True], turn>.7, [True]])

def by_hand(strokes, u, much=1.):
    "As a hand would draw it: turned, slanted, narrower, bent, shaky, with few points or many"
    a,s,w = math.radians(u(-12,12)*much),u(-.3,.35)*much,math.exp(u(-.35,.25)*much)
    m = np.array([[math.cos(a),math.sin(a)],[-math.sin(a),math.cos(a)]]) @ np.array([[w,0],[-s,1]])
    fx,fy = u.rng.uniform(1, 4, 2),u.rng.uniform(0, 6.3, 2)
    bend,wild = u(0,.06)*much,u(.01,.035)*u.p(.4)*much          # places of corners are not exact
    shake = u(.004,.012)*much if u.p(.35) else 0
    res = []
    for o in strokes:
        o = (o-.5)@m
        o = o+bend*np.sin(o[:,::-1]*fx+fy)
        if len(o)<12: o = o+u.rng.normal(0, wild, o.shape)
        if len(strokes)>1: o = o+u.rng.normal(0, .015*much, 2)     # strokes do not meet exactly
        if len(o)>8 and u.p(.3): o = o[(np.arange(len(o))%u.of((2,3,4,6))==0) | corners(o)]
        res.append(o+u.rng.normal(0, shake, o.shape) if shake else o)
    return fitted(res)

CONDITIONS = 'fair','small','slanted','thin','thick','off centre','speckled','shaky','beyond the border'
def on_pad(strokes, u, condition='fair'):
    "The drawing on the pad, and the width of the pen"
    size,width = u(130,230),u(12,24)
    if condition=='small': size = u(28,70)
    if condition=='thin': width = u(2,6)
    if condition=='thick': width = u(26,40)
    if condition=='slanted': s = u(.3,.55)*u.of((-1,1)); strokes = fitted([o@np.array([[1,0],[-s,1]]) for o in strokes])
    if condition=='shaky': strokes = [o+u.rng.normal(0, .02, o.shape) for o in strokes]
    span = max(PAD-size-width, 0)/2
    move = u.rng.uniform(-1, 1, 2)*(span if condition=='off centre' else span/3)
    if condition=='off centre': size = min(size, 150); move = np.sign(move)*(PAD-size-width)/2
    if condition=='beyond the border': move = u.of(((.3,0),(-.3,0),(0,.3),(0,-.3)))*np.array([size, size]); move = move+np.sign(move)*span
    strokes = [(o-.5)*size+PAD/2+move for o in strokes]
    if condition=='speckled': strokes += [p+np.array([[0,0],[.5,0]]) for p in u.rng.uniform(8, PAD-8, (u.of((1,2,3)),2))]
    return strokes,width

def a_digit(u, digit, condition='fair', key=None): return on_pad(by_hand(FORMS[key or learned_form(u, digit)](u), u), u, condition)
GLYPHS = {'glyph','one_on_the_other','two_letters','scribble','angular_scribble','loops','many_strokes'}
def kind(key): return 'letter' if key[:6]=='letter' else 'digits' if 'digits' in key else 'glyph' if key in GLYPHS else 'sign'
def not_a_digit(u, condition='fair', held=False, key=None):
    "All kinds about as often, though there are many signs and letters, and few ways to draw two digits; gives its name too"
    wanted = u.of(('letter','digits','sign','sign','glyph'))
    key = key or u.of([k for k in OTHERS if (k in HELD_OUT_OTHERS)==held and kind(k)==wanted])
    return on_pad(by_hand(OTHERS[key](u), u, .7), u, condition),key

# --- from strokes to an image, as docs/_static/draw_strokes.js does it

SIDE,THIN,THICK = 100,.085,.15      # longer side of the drawing in its raster; least and largest width of a stroke, as a part of that side

def dense(s, step=2.):
    "The points of a stroke, and more between them, so that neighbours are at most `step` apart"
    res = [s[:1]]
    for a,b in zip(s[:-1], s[1:]):
        n = max(1, math.ceil(math.dist(a, b)/step))
        res.append(a+(b-a)*(np.arange(1, n+1)/n)[:,None])
    return np.concatenate(res)

def without_specks(strokes, width):
    "The strokes without those that, with what they touch, have less than a twentieth of the ink of the largest piece"
    if len(strokes)<2: return strokes
    ps,group = [dense(o) for o in strokes],list(range(len(strokes)))
    for i in range(len(ps)):
        for j in range(i):
            if group[i]!=group[j] and ((ps[i][:,None]-ps[j])**2).sum(-1).min()<=(width+1)**2:
                old,new = group[i],group[j]
                group = [new if g==old else g for g in group]
    ink = {}
    for s,g in zip(strokes, group): ink[g] = ink.get(g, 0)+np.hypot(*np.diff(s, axis=0).T).sum()*width+math.pi*width**2/4
    return [s for s,g in zip(strokes, group) if ink[g]>=.05*max(ink.values())]

def raster(strokes, radii):
    "Ink, float32 [h,w], 0 to 1: how much of each pixel is within `radii` of the lines; one row and column of pixels around all"
    segs = [(a, b, q, r) for s,rs in zip(strokes, radii) for a,b,q,r in ([(s[0], s[0], rs[0], rs[0])] if len(s)==1 else
            zip(s[:-1], s[1:], rs[:-1], rs[1:]))]
    most = max(float(np.max(o)) for o in radii)
    p = np.concatenate(strokes)
    lo = p.min(0)-most-1
    w,h = (int(o) for o in np.ceil(p.max(0)+most+1-lo))
    out = np.zeros((h,w), np.float32)
    for a,b,q,r in segs:
        a,b = a-lo,b-lo
        reach = max(q, r)+1
        x0,y0 = np.maximum(np.floor(np.minimum(a, b)-reach), 0).astype(int)
        x1,y1 = np.minimum(np.ceil(np.maximum(a, b)+reach), (w,h)).astype(int)
        x,y = np.arange(x0, x1)+.5-a[0],(np.arange(y0, y1)+.5-a[1])[:,None]
        dx,dy = b-a
        t = np.clip((x*dx+y*dy)/max(dx*dx+dy*dy, 1e-9), 0, 1)
        ink = np.clip(q+(r-q)*t+.5-np.hypot(x-t*dx, y-t*dy), 0, 1)
        part = out[y0:y1,x0:x1]
        np.maximum(part, ink, out=part)
    return out

def as_image(strokes, width):
    """What the models see of a drawing: uint8 [28,28]. However small or wide it was drawn, its longer side becomes `SIDE`, and its strokes
    as wide as usual"""
    strokes = without_specks([np.asarray(o, float) for o in strokes], width)
    p = np.concatenate(strokes)
    extent = (p.max(0)-p.min(0)).max()
    # the drawing with its ink is as long as `extent` and one width: width/(extent+width) is brought between THIN and THICK
    rel = min(max(width/(extent+width), THIN), THICK)
    scale = SIDE*(1-rel)/max(extent, 1e-6) if extent>width/4 else SIDE/width/4
    r = SIDE*rel/2
    return in_geometry(crop_to_ink(raster([o*scale for o in strokes], [np.full(len(o), r) for o in strokes])))

def images(rows):
    "Of drawings, each its strokes and width: uint8 [n,28,28]"
    return torch.stack([as_image(*o) for o in rows])

def digits(n, seed, held=False, conditions=CONDITIONS):
    """Images and labels of `n` drawn digits, in turn; half of them 'fair'. Each has its own seed, so that the first ones do not depend on
    `n`"""
    def draw(i):
        u = Chance([seed, i])
        return a_digit(u, i%10, 'fair' if u.p(.5) else u.of(conditions), held_form(u, i%10) if held else None)
    return images(draw(i) for i in range(n)),torch.arange(n)%10

def others(n, seed, held=False, conditions=CONDITIONS):
    "Images and names of `n` drawings that are not digits"
    def draw(i): u = Chance([seed, i]); return not_a_digit(u, 'fair' if u.p(.5) else u.of(conditions), held)
    rows = [draw(i) for i in range(n)]
    return images(o for o,_ in rows),[k for _,k in rows]
