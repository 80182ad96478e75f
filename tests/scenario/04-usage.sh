# Wrong words and wrong settings: 2, nothing done, and what to type instead.
. "$TOP/tests/lib/server.sh"

exits 0 syncd version
says out 'syncd 0.'
cp out version
exits 0 syncd --version
cmp out version
exits 0 syncd help
says out 'syncd serve'
exits 0 syncd --help
exits 0 syncd help serve
says out '--listen ADDR:PORT'
says out 'max-upload'
exits 0 syncd help token
says out 'token add'
says out 'token rm'
exits 0 syncd token add --help
says out '--scope read:/PATH'

exits 2 syncd
exits 2 syncd sevre
says err 'no command "sevre"; did you mean serve?'
exits 2 syncd token
exits 2 syncd token ad ann
says err 'did you mean token add?'
exits 2 syncd help nothing
exits 2 syncd serve --lisen 127.0.0.1:0
says err 'did you mean --listen?'
exits 2 syncd serve --listen
says err 'needs a value'
exits 2 syncd serve a b
exits 2 syncd token add
exits 2 syncd serve store --log-level loud
exits 2 syncd serve store --listen nonsense
exits 2 syncd serve store --tls-cert x.crt
says err 'tls-key'

# A config: file, line, nearest key.
printf 'store = %s/store\nlisen = 127.0.0.1:0\n' "$PWD" >bad.conf
exits 2 syncd serve --config bad.conf
says err 'bad.conf:2: unknown key "lisen"; did you mean listen?'
exits 2 syncd serve --config none.conf
says err none.conf
mkdir conf.d
printf 'listen = 127.0.0.1:0\n' >conf.d/10.conf
printf 'store = %s/elsewhere\nlog-level = info\n' "$PWD" >good.conf
serve_start --config good.conf
says server.log "$PWD/elsewhere"
serve_stop
printf 'max-upload = 5 apples\n' >conf.d/20.conf
exits 2 syncd serve --config good.conf
says err '20.conf:1: max-upload: "5 apples" is not a size'

# Plain HTTP is for this machine.
for address in 0.0.0.0:0 '[::]:0' 192.0.2.1:8080; do
	exits 2 syncd serve store --no-tls --listen "$address"
	says err 'loopback and unix sockets only'
done
serve_start store --no-tls --listen "unix:$PWD/s.sock" --listen 127.0.0.1:0
says server.log "unix:$PWD/s.sock and http://127.0.0.1:"
[ "$(status --unix-socket s.sock http://x/.sync/healthz)" = 200 ]
serve_stop
