-- Is the server process of an earlier session still there? Its commit may then still take place.
SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1::integer)
