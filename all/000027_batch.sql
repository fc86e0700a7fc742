-- migrate:up

-- Consumes many keys of one team in one transaction, for a team that asks for much at once: its wallet is locked and
-- committed once for all of them. The answers are those of as many single calls, in the order of the keys.
CREATE FUNCTION consume_credits_batch(p_team bigint, p_keys uuid[], p_amounts bigint[], p_members bigint[], p_channels text[],
    p_notes text[]) RETURNS TABLE (key uuid, status text, balance bigint, held bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_now timestamptz := nd_now();
    v_count bigint := cardinality(p_keys);
    v_total bigint := (SELECT sum(a) FROM unnest(p_amounts) a);
    w wallet;
BEGIN
    IF p_team IS NULL OR v_count IS NULL OR v_count NOT BETWEEN 1 AND 1000
       OR (v_count, v_count, v_count, v_count) IS DISTINCT FROM
          (cardinality(p_amounts), cardinality(p_members), cardinality(p_channels), cardinality(p_notes))
       OR (SELECT bool_and(a > 0 AND k IS NOT NULL) FROM unnest(p_keys, p_amounts) u (k, a)) IS NOT TRUE THEN
        RAISE EXCEPTION 'a batch wants a team and 1 to 1000 keys, each with an amount above zero' USING ERRCODE = 'ND001';
    END IF;
    UPDATE wallet o SET balance = o.balance - v_total, held = o.held + v_total, lot_left = o.lot_left - v_total,
                        seq = o.seq + v_count
     WHERE o.team_id = p_team AND o.lot_left >= v_total AND o.gates = 0 AND o.next_event > v_now
       AND NOT EXISTS (SELECT 1 FROM entry e WHERE e.key = ANY (p_keys) AND e.leg = 0)
    RETURNING o.* INTO w;
    IF FOUND THEN
        BEGIN
            INSERT INTO entry (team_id, seq, delta, held_delta, balance_after, held_after, at, lot_id, member_id, leg, kind,
                               key, channel, note)
            SELECT p_team, w.seq - v_count + u.n, -u.amount, u.amount, w.balance + v_total - u.upto, w.held - v_total + u.upto,
                   v_now, w.lot_id, u.member, 0, 'consume', u.key, u.channel, u.note
              FROM (SELECT i.*, sum(i.amount) OVER (ORDER BY i.key) AS upto, row_number() OVER (ORDER BY i.key) AS n
                      FROM unnest(p_keys, p_amounts, p_members, p_channels, p_notes) i (key, amount, member, channel, note)) u
             ORDER BY u.key;
            RETURN QUERY SELECT e.key, 'ok', e.balance_after, e.held_after FROM entry e
                          WHERE e.team_id = p_team AND e.seq > w.seq - v_count AND e.seq <= w.seq ORDER BY e.seq;
            RETURN;
        EXCEPTION WHEN unique_violation THEN  -- a key that is new to this team's eyes only: one by one, then
            UPDATE wallet o SET balance = o.balance + v_total, held = o.held - v_total, lot_left = o.lot_left + v_total,
                                seq = o.seq - v_count
             WHERE o.team_id = p_team;
        END;
    END IF;
    RETURN QUERY
    SELECT u.key, c.status, c.balance, c.held
      FROM (SELECT * FROM unnest(p_keys, p_amounts, p_members, p_channels, p_notes) i (key, amount, member, channel, note)
             ORDER BY i.key) u,
           LATERAL consume_credits_atomic(p_team, u.key, u.amount, u.member, u.channel, u.note) c;
END
$$;

-- migrate:down
