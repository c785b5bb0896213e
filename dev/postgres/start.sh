#!/bin/sh
# Begin anew, or go on with what is in /data; $PASSWORD is that of its user asw.
set -eu
if [ ! -e /data/db/PG_VERSION ]; then
    printf '%s' "$PASSWORD" > /data/password
    initdb --pgdata=/data/db --username=asw --pwfile=/data/password --auth=scram-sha-256 --encoding=UTF8 --no-locale
    rm /data/password
    echo 'host all all all scram-sha-256' >> /data/db/pg_hba.conf
fi
exec postgres -D /data/db -c 'listen_addresses=*' -c unix_socket_directories=/data
