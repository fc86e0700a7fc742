-- migrate:up

-- No two workers share a slot. Each takes the lowest free number of its host with its first heartbeat; since: from when
-- on its heartbeats have come without a gap.
ALTER TABLE workers ADD COLUMN since timestamptz NOT NULL DEFAULT nd_now();
UPDATE workers SET slot = id;
CREATE UNIQUE INDEX workers_slot ON workers (slot);

DROP FUNCTION worker_heartbeat(text, text, text, interval);

-- Says that worker p_id on p_host is alive, and gives back what the dead hold. Dead are p_before, whose lock on this
-- machine p_id holds by now, and workers that have been silent for p_silence, if they could have been heard: some worker,
-- p_id or another, has been heard for as long without a gap. So nobody is dead because Postgres was away. A row that
-- somebody has locked at this moment is left, and so is its dead owner: the next heartbeat finds both again.
-- released: how many leases were given back. is_new: this heartbeat was the first, or the first since p_id counted as dead.
CREATE FUNCTION worker_heartbeat(p_id text, p_host text, p_release text, p_silence interval, p_before text DEFAULT NULL)
RETURNS TABLE (slot text, released integer, is_new boolean)
LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
DECLARE
    v_slot text;
    v_released integer := 0;
    v_is_new boolean := false;
    v_dead text[];
BEGIN
    UPDATE workers w
       SET since = CASE WHEN w.seen_at < nd_now() - p_silence / 2 THEN nd_now() ELSE w.since END, seen_at = nd_now()
     WHERE w.id = p_id RETURNING w.slot INTO v_slot;
    IF v_slot IS NULL THEN
        v_is_new := true;
        -- Held until this transaction ends, so that two that start at once do not choose the same number.
        PERFORM pg_advisory_xact_lock(x'6e64534c'::bigint);  -- "ndSL"
        INSERT INTO workers AS w (id, slot, release, seen_at, since)
        SELECT p_id, p_host || '/' || min(n.n), p_release, nd_now(), nd_now()
          FROM generate_series(0, (SELECT count(*) FROM workers)) n (n)
         WHERE NOT EXISTS (SELECT 1 FROM workers o WHERE o.slot = p_host || '/' || n.n)
        RETURNING w.slot INTO v_slot;
    END IF;
    SELECT array_agg(gone.id) INTO v_dead FROM (
        SELECT w.id FROM workers w
         WHERE w.id <> p_id
           AND (w.id = p_before
                OR w.seen_at = '-infinity'
                OR w.seen_at < nd_now() - p_silence
                   AND EXISTS (SELECT 1 FROM workers o
                                WHERE o.seen_at >= nd_now() - p_silence AND o.since <= nd_now() - p_silence))
           FOR UPDATE SKIP LOCKED) gone;
    IF v_dead IS NOT NULL THEN
        v_released := release_owners(v_dead);
        DELETE FROM workers w WHERE w.id = ANY (v_dead)
           AND NOT EXISTS (SELECT 1 FROM generations o WHERE o.lease_owner = w.id)
           AND NOT EXISTS (SELECT 1 FROM attempts o WHERE o.lease_owner = w.id)
           AND NOT EXISTS (SELECT 1 FROM deliveries o WHERE o.lease_owner = w.id);
    END IF;
    RETURN QUERY SELECT v_slot, v_released, v_is_new;
END
$$;

-- migrate:down
