"""New processes for Python programs, without the wait for PyTorch's import.

That import takes longer than most of what tests and notebooks do. `Popen` leaves it to a server that imports once and then forks: each
program has memory, environment, working directory and standard streams of its own, is a child of the caller, and exits with the status that
Python would give it. On other systems than Linux, and for what a fork can't do (programs in other languages, `preexec_fn`, `shell`), it is
`subprocess.Popen`. Variables that Python or PyTorch read when they start, such as `PYTHONHASHSEED` and `OMP_NUM_THREADS`, have the values
of the first call. Where it matters how Python itself starts and ends, use `subprocess.Popen`."""
import atexit, ctypes, gc, importlib, inspect, io, json, os, runpy, signal, socket, subprocess, sys, threading, time
from types import FunctionType

modules = ['torch','numpy','safetensors.torch','PIL.Image'] # what the server imports when it starts
lock,server = threading.Lock(),None # the socket to the server, once it runs
SUBREAPER = 36 # PR_SET_CHILD_SUBREAPER of Linux's prctl: children whose parent ends become ours

def ask(task, fds):
    "The server's new process for `task`, a dictionary; `fds` are its standard streams"
    global server
    data,prctl = json.dumps(task).encode(),ctypes.CDLL(None).prctl
    with lock:
        if not server:
            server,theirs = socket.socketpair()
            subprocess.Popen([sys.executable, __file__, str(theirs.fileno()), *modules], pass_fds=[theirs.fileno()])
            theirs.close()
        prctl(SUBREAPER, 1, 0, 0, 0)
        try:
            socket.send_fds(server, [len(data).to_bytes(8, 'big')], fds)
            server.sendall(data)
            pid = int.from_bytes(server.recv(8, socket.MSG_WAITALL), 'big')
        finally: prctl(SUBREAPER, 0, 0, 0, 0)
    if not pid: raise RuntimeError('the server of new processes has ended')
    return pid

class Popen(subprocess.Popen):
    "`subprocess.Popen`, for what begins with `sys.executable` and a script, `-c` or `-m`; `sigint` is what becomes of SIGINT there"
    def __init__(self, *args, sigint=signal.SIG_DFL, **kwargs): self.sigint = sigint; super().__init__(*args, **kwargs)

    def _execute_child(self, *args):
        a = inspect.signature(super()._execute_child).bind(*args).arguments
        argv = [*map(os.fspath, a['args'])] if isinstance(a['args'], (list,tuple)) else []
        python = argv[:1]==[sys.executable] and argv[1:] and (argv[1] in ('-c','-m') or argv[1][0]!='-')
        if sys.platform!='linux' or not python or any(a[o] for o in ('preexec_fn','pass_fds','shell','executable')):
            return super()._execute_child(*args)
        task = dict(argv=argv[1:], env=dict(os.environ if a['env'] is None else a['env']), cwd=os.fspath(a['cwd'] or os.getcwd()),
                    ignore=self.sigint==signal.SIG_IGN, session=a['start_new_session'])
        ours = [a['p2cread'], a['c2pwrite'], a['errwrite']]
        self.pid,self._child_created = ask(task, [i if o==-1 else o for i,o in enumerate(ours)]),True
        self._close_pipe_fds(*(a[o] for o in 'p2cread p2cwrite c2pread c2pwrite errread errwrite'.split()))

# `subprocess.run` with the class above in place of the one that it starts otherwise
run = FunctionType(subprocess.run.__code__, vars(subprocess)|dict(Popen=Popen), 'run')
run.__kwdefaults__ = subprocess.run.__kwdefaults__

# --- the server

def serve(sock):
    "Fork for each task, and return it in the new process"
    while True:
        head,fds,_,_ = socket.recv_fds(sock, 8, 3)
        if not head: os._exit(0)
        task = json.loads(sock.recv(int.from_bytes(head, 'big'), socket.MSG_WAITALL))
        r,w = os.pipe()
        if not (mid := os.fork()): # ends at once, and leaves the process to the one that asked
            mid = os.getpid()
            if os.fork(): os._exit(0)
            if task['session']: os.setsid()
            while os.getppid()==mid: time.sleep(.001)
            os.write(w, os.getpid().to_bytes(8, 'big')) # only now, so that signals to its group reach nobody else
            for o in (r,w,sock.detach()): os.close(o)
            for i,o in enumerate(fds): os.dup2(o, i)
            for o in fds: os.close(o)
            return task
        for o in (w,*fds): os.close(o)
        os.waitpid(mid, 0)
        sock.sendall(os.read(r, 8) or bytes(8))
        os.close(r)

def run_program(argv):
    "What `python *argv` does, in this process: the status that it ends with"
    how,*args = argv
    try:
        if how=='-c':
            sys.argv = ['-c', *args[1:]]
            main = sys.modules['__main__'] = type(sys)('__main__')
            exec(compile(args[0], '<string>', 'exec'), main.__dict__)
        elif how=='-m': sys.argv = args; runpy.run_module(args[0], run_name='__main__', alter_sys=True)
        else: sys.argv = argv; runpy.run_path(how, run_name='__main__')
    except SystemExit as e:
        if isinstance(e.code, int|None): return e.code or 0
        print(e.code, file=sys.stderr); return 1
    except BaseException as e: sys.excepthook(type(e), e, e.__traceback__); return -signal.SIGINT if isinstance(e, KeyboardInterrupt) else 1
    return 0

def begin(task):
    "Make of this process what Python makes of one that is started for `task`, run the program, and end"
    os.chdir(task['cwd'])
    os.environ.clear(); os.environ.update(task['env'])
    signal.signal(signal.SIGINT, signal.SIG_IGN if task['ignore'] else signal.default_int_handler)
    encoding,_,errors = os.environ.get('PYTHONIOENCODING', 'utf-8').partition(':')
    for i,(o,mode) in enumerate((('stdin','r'), ('stdout','w'), ('stderr','w'))):
        raw = i>0 and bool(os.environ.get('PYTHONUNBUFFERED'))
        f = io.TextIOWrapper(open(i, f'{mode}b', buffering=0 if raw else -1, closefd=False), encoding,
                             'backslashreplace' if i==2 else errors or 'strict', line_buffering=i==2, write_through=raw)
        if f.isatty(): f.reconfigure(line_buffering=True)
        setattr(sys, o, f); setattr(sys, f'__{o}__', f)
    sys.modules['numpy'].random.seed()
    how = task['argv'][0]
    more = filter(None, os.environ.get('PYTHONPATH', '').split(os.pathsep))
    sys.path[:1] = [{'-c':'', '-m':os.getcwd()}.get(how, os.path.dirname(os.path.realpath(how))), *more]
    status = run_program(task['argv'])
    threading._shutdown(); atexit._run_exitfuncs() # and then no more: to take PyTorch's modules apart takes Python half a second
    try: sys.stdout.flush()
    except Exception as e: print(f'Exception ignored in: {sys.stdout}\n{type(e).__name__}: {e}', file=sys.stderr); status = 120
    if status==-signal.SIGINT: signal.signal(signal.SIGINT, signal.SIG_DFL); os.kill(os.getpid(), signal.SIGINT)
    os._exit(status & 255)

if __name__=='__main__':
    signal.signal(signal.SIGINT, signal.SIG_IGN) # Ctrl-C is for the caller and for its programs; the server ends with the caller
    for o in sys.argv[2:]: importlib.import_module(o)
    gc.freeze() # or the memory that all share is copied where it is only looked through
    begin(serve(socket.socket(fileno=int(sys.argv[1]))))
