"Processes that are forked where PyTorch is imported already behave as those that Python starts itself."
import os, signal, subprocess, sys

import pytest, warm

pytestmark = pytest.mark.skipif(sys.platform!='linux', reason='forked on Linux only')
PIPES = dict(stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
programs = dict(
    prints='print("ä", 1)', fails='1/0', exits='import sys; sys.exit(3)', says_why='import sys; sys.exit("no such file")',
    is_killed='import os; os.kill(os.getpid(), 9)', is_interrupted='raise KeyboardInterrupt',
    ends_late='import atexit; atexit.register(print, "end")',
    waits='import threading, time; threading.Thread(target=lambda: (time.sleep(.1), print("late"))).start()',
    sees='import os, sys; print(os.environ["WHO"], os.getcwd(), sys.argv, sys.path[0], __name__, len(sys.stdin.read()))',
    same_group='import os; print(os.getpgid(0), os.getsid(0))',
    cannot_print='import os; print("x"); os.close(1)',
    is_main='import pickle\nclass A: pass\nprint(type(pickle.loads(pickle.dumps(A()))).__module__)')

@pytest.mark.parametrize('how', ['-c','script','-m'])
@pytest.mark.parametrize('name', programs)
def test_as_python_does(name, how, tmp_path):
    "Status, output and the last line of what goes wrong, for a program in a string, in a file and in a module"
    (tmp_path/'prog.py').write_text(programs[name], encoding='utf-8')
    args = {'-c':['-c', programs[name]], 'script':[tmp_path/'prog.py'], '-m':['-m','prog']}[how]
    env = os.environ|dict(WHO='me', PYTHONPATH=str(tmp_path), PYTHONUNBUFFERED='')
    def result(popen):
        p = popen([sys.executable, *args, 'a b'], cwd=tmp_path, stdin=subprocess.PIPE, env=env, **PIPES)
        out,err = p.communicate('12345')
        return p.returncode,out,err.splitlines()[-1:]
    assert result(warm.Popen)==result(subprocess.Popen)

def test_has_torch():
    "Without an import of its own"
    r = warm.run([sys.executable, '-c', 'import sys; print("torch" in sys.modules)'], capture_output=True, text=True)
    assert r.stdout=='True\n'

@pytest.mark.parametrize('sigint,status', [(signal.SIG_DFL,-signal.SIGINT), (signal.SIG_IGN,0)])
def test_signals(sigint, status):
    "The process that a signal is sent to is the program's own, a child of this one"
    p = warm.Popen([sys.executable, '-c', 'import os, time; print(os.getppid(), flush=True); time.sleep(1)'], sigint=sigint, **PIPES)
    assert int(p.stdout.readline())==os.getpid()
    p.send_signal(signal.SIGINT)
    p.communicate()
    assert p.returncode==status

def test_a_session_of_its_own():
    "From the moment that it is there: what signals its group must not reach the others"
    for _ in range(10):
        p = warm.Popen([sys.executable, '-c', 'import time; time.sleep(100)'], start_new_session=True)
        assert os.getpgid(p.pid)==os.getsid(p.pid)==p.pid
        os.killpg(p.pid, signal.SIGKILL); p.wait()

def test_leaves_no_process_behind():
    p = warm.Popen([sys.executable, '-c', 'import time; time.sleep(100)'], **PIPES)
    with pytest.raises(subprocess.TimeoutExpired): p.communicate(timeout=.1)
    p.kill(); p.communicate()
    with pytest.raises(ProcessLookupError): os.kill(p.pid, 0)

def test_what_cannot_be_forked_is_started():
    "Another program, and what a function prepares"
    assert warm.run(['echo', 'hello'], capture_output=True, text=True).stdout=='hello\n'
    r = warm.run([sys.executable, '-c', 'import sys; print("torch" in sys.modules)'], preexec_fn=os.getpid, capture_output=True, text=True)
    assert r.stdout=='False\n'
