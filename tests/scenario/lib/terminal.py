"""Running the client on a terminal, and answering what it asks."""
import os, pty
from mock import CLIENT


def on_terminal(*args, env, answers=(), cwd='.'):
    pid, master = pty.fork()
    if pid == 0:
        os.chdir(cwd)
        os.execve(CLIENT, [CLIENT, *args], env)
    text, answers = b'', list(answers)
    while True:
        try:
            data = os.read(master, 4096)
        except OSError:
            break
        if not data:
            break
        text += data
        if answers and answers[0][0].encode() in text:
            os.write(master, answers.pop(0)[1].encode() + b'\n')
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), text.decode(errors='replace').replace('\r\n', '\n')
