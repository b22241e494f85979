"A server on this machine's own address that behaves, or misbehaves in all the ways that a mirror may"
import gzip, hashlib, socket, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from mnist_from_scratch.data.sets import idx_header

BOMB = gzip.compress(bytes(2**24), 1)

class Server:
    """Serves `files` (name → bytes). `how(name, n)` says how the n-th request for a name is answered, from 0 on; `seen` has what was asked
    for, `sent` how many bytes went out."""
    def __init__(self, files, how=lambda name, n: 'good'):
        self.files,self.seen,self.sent,self.over = files,[],0,False
        class Handler(BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'
            def do_GET(h):
                name = h.path[1:]
                what = how(name, self.seen.count(name))
                self.seen.append(name)
                h.close_connection = True
                try: h.answer(self.files.get(name), what)
                except OSError: pass # whoever asked has had enough
            def start(h, n=None, status=200, **headers):
                h.send_response(status)
                if n is not None: h.send_header('Content-Length', str(n))
                for k,v in headers.items(): h.send_header(k.replace('_', '-'), v)
                h.send_header('Connection', 'close'); h.end_headers()
            def put(h, b): h.wfile.write(b); self.sent += len(b)
            def wait(h):
                while not self.over: time.sleep(.02)
            def answer(h, b, what):
                if b is None: h.start(0, 404)
                elif what=='good': h.start(len(b)); h.put(b)
                elif what=='cut': h.start(len(b)); h.put(b[:len(b)//2])                 # and the connection ends
                elif what=='reset':
                    h.start(len(b)); h.put(b[:len(b)//2]); h.wfile.flush()
                    h.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b'\1\0\0\0\0\0\0\0'); h.connection.close()
                elif what=='stall': h.start(len(b)); h.put(b[:len(b)//2]); h.wait()
                elif what=='silent': h.wait()
                elif what=='trickle':
                    h.start(len(b))
                    for i in range(len(b)):
                        if self.over: return
                        h.put(b[i:i+1]); h.wfile.flush(); time.sleep(.02)
                elif what=='claims more': h.start(len(b)+1000); h.put(b)
                elif what=='claims less': h.start(len(b)-10); h.put(b)
                elif what=='claims 2^60': h.start(2**60); h.put(b)
                elif what=='claims nonsense': h.start('many'); h.put(b)
                elif what=='endless':
                    h.start()
                    while not self.over: h.put(bytes(2**16))
                elif what=='endless chunks':
                    h.start(Transfer_Encoding='chunked')
                    while not self.over: h.put(b'10000\r\n'+bytes(2**16)+b'\r\n')
                elif what=='bomb': h.start(len(BOMB), Content_Encoding='gzip'); h.put(BOMB)
                elif what=='wrong': h.start(len(b)); h.put(bytes(len(b)))
                elif what=='other': h.start(5); h.put(b'hello')
                elif what=='empty': h.start(0)
                elif what=='error': h.start(0, 503)
                elif what=='rude': h.send_response(500, 'no\x1b[31m way'+'y'*900); h.send_header('Content-Length','0'); h.end_headers()
                elif what=='no http': h.put(b'220 smtp ready\r\n')
                elif what=='again': h.start(0, 302, Location=h.path)
                else: h.start(0, 302, Location=what)                                     # an address
            def log_message(h, *args): pass
        class Quiet(ThreadingHTTPServer):
            daemon_threads,request_queue_size = True,99
            def handle_error(*args): pass
        self.httpd = Quiet(('127.0.0.1',0), Handler)
        self.url = f'http://127.0.0.1:{self.httpd.server_port}/'
        threading.Thread(target=self.httpd.serve_forever, kwargs=dict(poll_interval=.05), daemon=True).start()

    def close(self): self.over = True; self.httpd.shutdown(); self.httpd.server_close()

def nobody():
    "An address at which nobody listens"
    s = Server({}); s.close()
    return s.url

def packed(sets):
    "MNIST's four files for `(train, valid)`, and the SHA-256 of each"
    t = {f'{p}-{w}.gz':t for p,o in zip(('train','t10k'), sets) for w,t in (('images-idx3-ubyte',o.x),('labels-idx1-ubyte',o.y.byte()))}
    fs = {k:gzip.compress(idx_header(v)+v.numpy().tobytes(), 1, mtime=0) for k,v in t.items()}
    return fs,{k:hashlib.sha256(b).hexdigest() for k,b in fs.items()}
