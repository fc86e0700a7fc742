-- migrate:up

-- Says that worker p_id in p_slot is alive, and gives back what the dead hold: older incarnations of its slot, and workers
-- that have been silent for p_silence. A row that somebody has locked at this moment is left, and so is its dead owner: the
-- next heartbeat finds both again. Returns how many leases were given back.
CREATE OR REPLACE FUNCTION worker_heartbeat(p_id text, p_slot text, p_release text, p_silence interval) RETURNS integer
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    dead text[];
    released integer;
BEGIN
    INSERT INTO workers (id, slot, release, seen_at) VALUES (p_id, p_slot, p_release, nd_now())
    ON CONFLICT (id) DO UPDATE SET seen_at = nd_now();
    SELECT array_agg(gone.id) INTO dead FROM (
        SELECT id FROM workers WHERE id <> p_id AND (slot = p_slot OR seen_at < nd_now() - p_silence)
           FOR UPDATE SKIP LOCKED) gone;
    IF dead IS NULL THEN
        RETURN 0;
    END IF;
    released := release_owners(dead);
    DELETE FROM workers w WHERE w.id = ANY (dead)
       AND NOT EXISTS (SELECT 1 FROM generations o WHERE o.lease_owner = w.id)
       AND NOT EXISTS (SELECT 1 FROM attempts o WHERE o.lease_owner = w.id)
       AND NOT EXISTS (SELECT 1 FROM deliveries o WHERE o.lease_owner = w.id);
    RETURN released;
END
$$;

-- migrate:down
