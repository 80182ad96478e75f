"""On a terminal: columns with two spaces, colour on the result word alone, progress for what takes time, questions."""
import os, re, sys, time
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/scenario/lib'))
from mock import *
from terminal import on_terminal


slow = False
class Slow(Files):
    def do_GET(self, request, head=False):
        answer = super().do_GET(request, head)
        if slow:
            for at in range(0, len(answer), len(answer) // 20):
                request.sock.sendall(answer[at:at + len(answer) // 20])
                time.sleep(0.1)
            return b''
        return answer

store = Slow()
mock = Mock(store)
env = mock.env(TERM='xterm')
write('f', 'one\n')
green, yellow = '\x1b[32mcreated\x1b[0m', '\x1b[33munchanged\x1b[0m'
assert on_terminal('push', 'f', env=env) == (0, f'f  4 B  {green}  2c8b08da\n')
assert on_terminal('push', 'f', env=env) == (0, f'f  {yellow}\n')
assert on_terminal('push', 'f', env={**env, 'NO_COLOR': '1'}) == (0, 'f  unchanged\n')
assert on_terminal('push', 'f', env={**env, 'TERM': 'dumb'}) == (0, 'f  unchanged\n')
assert on_terminal('push', 'f', '--color', 'never', env=env) == (0, 'f  unchanged\n')
assert on_terminal('push', 'f', '--color=always', env={**env, 'NO_COLOR': '1'}) == (0, f'f  {yellow}\n')
assert sync('push', 'f', env=env).out == 'f\tunchanged\n'
assert sync('push', 'f', env={**env, 'CLICOLOR_FORCE': '1'}).out == f'f\t{yellow}\n'
assert sync('push', 'f', env={**env, 'CLICOLOR_FORCE': '1', 'NO_COLOR': '1'}).out == 'f\tunchanged\n'
assert '\x1b' not in sync('push', '--json', 'f', env={**env, 'CLICOLOR_FORCE': '1'}).out
# Several files: totals at the end, on stderr.
write('g', 'two')
code, text = on_terminal('push', 'f', 'g', env=env)
assert text.splitlines()[-1].startswith('2 files  3 B'), text

# Progress: a live line for what takes longer than half a second, and none for what does not, or in a pipe.
slow = True
store['/big'] = os.urandom(2 << 20)
code, text = on_terminal('pull', 'big', env=env)
lines = re.findall(r'\r\x1b\[K([0-9.]+ [KM]?i?B of 2\.0 MiB  [0-9.]+ [KM]?i?B/s  \d+ s left)', text)
assert code == 0 and 5 <= len(lines) <= 30, text
assert text.endswith('\r\x1b[Kbig  2.0 MiB  \x1b[32mfetched\x1b[0m  ' + etag(store['/big'])[1:9] + '\n'), text
os.remove('big')
assert sync('pull', 'big', env=env).err == ''
os.remove('big')
code, text = on_terminal('pull', '-q', 'big', env=env)
assert text == '', text
slow = False
os.remove('big')
code, text = on_terminal('pull', 'big', env=env)
assert '\x1b[K' not in text, text

# rm -R asks, and takes nothing but yes for yes.
question = 'and everything below it'
mock.handler.before = lambda r: reply(200, ('ETag', '"' + 'a' * 64 + '"'), ('Content-Location', '/d/'), length=False) if r.method == 'HEAD' else False
store['/d/'] = b''
for answer in ('', 'n', 'nonsense', 'Y e s'):
    code, text = on_terminal('rm', '-R', 'd', env=env, answers=[(question, answer)])
    assert code == 1 and 'nothing was removed' in text and mock.count('DELETE') == 0, text
code, text = on_terminal('rm', '-R', 'd', env=env, answers=[(question, 'y')])
assert mock.count('DELETE') == 1, text
code, text = on_terminal('rm', '-R', '-y', 'd', env=env)
assert question not in text and mock.count('DELETE') == 2

# remote: aligned by columns as they are seen.
sync('remote', 'add', 'short', 'https://a/', env=env), sync('remote', 'add', 'a-longer-name', 'https://b/', '--user', 'ünï', env=env)
code, text = on_terminal('remote', env=env)
assert text == ('short          https://a:443/       default\n'
                'a-longer-name  https://b:443/  ünï  \n'), text
# A name with control bytes is quoted, whoever made it.
write('a\x1b[31mb', 'x')
code, text = on_terminal('push', 'a\x1b[31mb', env=env)
assert code == 1 and '"a\\033[31mb"' in text and '\x1b[31mb' not in text
