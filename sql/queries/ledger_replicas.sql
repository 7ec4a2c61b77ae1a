-- How many replicas could be promoted, and whether a commit waits for one. Backups that run are no replicas: they stream
-- through a temporary slot, and a role with pg_read_all_stats sees the state of the other connection.
SELECT (SELECT count(*) FROM pg_stat_replication AS r
         WHERE coalesce(r.state, '') <> 'backup'
           AND NOT EXISTS (SELECT FROM pg_replication_slots AS s WHERE s.active_pid = r.pid AND s.temporary)),
       current_setting('synchronous_standby_names') <> ''
