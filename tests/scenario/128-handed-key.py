"""A certificate and key that the service manager hands over: used instead of the store's own, but not instead of a configured one."""
import os, subprocess, sys

sys.path.insert(0, os.environ['TOP'] + '/tests/lib')


def make(folder, name, cn):
    os.makedirs(folder, exist_ok=True)
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj',
                    f'/CN={cn}', '-keyout', f'{folder}/{name}.key', '-out', f'{folder}/{name}.crt'], check=True, capture_output=True)


def served(*arguments):
    """Who the server says it is; or its exit status and words."""
    ask = 'openssl s_client -connect "${SYNC_URL#https://}" </dev/null 2>/dev/null | openssl x509 -noout -subject'
    ask = ask.replace('"${SYNC_URL#https://}"', '"$(echo "$SYNC_URL" | sed "s,https://,,; s,/.*,,")"')
    run = subprocess.run(['syncd', 'serve', *arguments, '--run', ask], capture_output=True, text=True, timeout=60,
                         env={**os.environ, 'CREDENTIALS_DIRECTORY': os.getcwd() + '/handed'})
    return (run.returncode, run.stdout.strip(), run.stderr)


make('handed', 'tls_tls', 'handed.test')
make('.', 'mine', 'configured.test')
code, subject, words = served()
assert code == 0 and subject.endswith('CN = handed.test'), (code, subject, words)
code, subject, words = served('--tls-cert', 'mine.crt', '--tls-key', 'mine.key')
assert code == 0 and subject.endswith('CN = configured.test'), (code, subject, words)

# Half a pair is a mistake that is said, not a reason to take another key.
os.rename('handed/tls_tls.key', 'away')
code, subject, words = served()
assert code == 2 and 'hold tls.crt but no tls.key' in words, (code, words)
os.rename('handed/tls_tls.crt', 'away.crt')
os.rename('away', 'handed/tls_tls.key')
code, subject, words = served()
assert code == 2 and 'hold tls.key but no tls.crt' in words, (code, words)
os.rename('away.crt', 'handed/tls_tls.crt')

# A key that belongs to another certificate.
os.replace('mine.key', 'handed/tls_tls.key')
code, subject, words = served()
assert code != 0 and 'tls_tls' in words, (code, words)

# An empty folder: the store's own.
for name in ('tls_tls.key', 'tls_tls.crt'):
    os.unlink('handed/' + name)
code, subject, words = served()
assert code == 0 and 'handed' not in subject and subject, (code, subject, words)
