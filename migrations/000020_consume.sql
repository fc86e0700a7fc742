-- migrate:up

-- Consume: credits are taken up front and held. Money says no with a status; an exception is misuse (ND001) or a broken
-- invariant (ND002). A transaction moves credits of one team only, or gives Postgres a deadlock to break.

-- The team whose wallet this one spends from.
CREATE FUNCTION team_spends_as(p_team bigint) RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_team bigint := p_team;
    v_next bigint;
BEGIN
    FOR hop IN 1..100 LOOP
        SELECT t.joined_to INTO v_next FROM team t WHERE t.id = v_team;
        EXIT WHEN v_next IS NULL;
        v_team := v_next;
    END LOOP;
    RETURN v_team;
END
$$;

-- Takes p_amount from the stashed lots in burn order, on behalf of this entry.
CREATE FUNCTION lots_burn(p_team bigint, p_seq bigint, p_amount bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    l lot;
    v_rest bigint := p_amount;
    v_take bigint;
    v_n integer := 0;
BEGIN
    FOR l IN SELECT * FROM lot o WHERE o.team_id = p_team AND o.remaining > 0 ORDER BY o.priority, o.expires_at, o.id LOOP
        v_take := least(v_rest, l.remaining);
        v_rest := v_rest - v_take;
        UPDATE lot SET remaining = remaining - v_take WHERE id = l.id;
        IF v_take < p_amount THEN
            v_n := v_n + 1;
            INSERT INTO draw (team_id, seq, n, lot_id, amount) VALUES (p_team, p_seq, v_n, l.id, v_take);
        END IF;
        EXIT WHEN v_rest = 0;
    END LOOP;
    IF v_rest > 0 THEN
        RAISE EXCEPTION 'the lots of team % hold % credits less than its balance', p_team, v_rest USING ERRCODE = 'ND002';
    END IF;
END
$$;

-- Why p_amount may not be taken now; NULL if it may.
CREATE FUNCTION consume_refusal(w wallet, p_amount bigint, p_member bigint, p_channel text, p_approver bigint) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    v_over text;
BEGIN
    IF w.gates & 1 <> 0 THEN
        RETURN 'frozen';
    END IF;
    IF w.gates & 4 <> 0 THEN
        v_over := budget_refusal(w.team_id, p_member, p_channel, p_amount);
    END IF;
    RETURN CASE
        WHEN v_over IS NOT NULL THEN v_over
        WHEN w.balance < p_amount THEN 'insufficient'
        WHEN w.gates & 8 <> 0 AND p_approver IS NULL
             AND p_amount > (SELECT t.approval_above FROM team t WHERE t.id = w.team_id) THEN 'needs_approval'
    END;
END
$$;

-- Everything that a plain deduction does not do: another lot, a due event, a replay, a budget, a joined team, a refusal.
CREATE FUNCTION consume_slow(p_team bigint, p_key uuid, p_amount bigint, p_member bigint, p_channel text, p_note text,
    p_approver bigint, OUT status text, OUT balance bigint, OUT held bigint)
LANGUAGE plpgsql AS $$
DECLARE
    w wallet;
    e entry;
    v_at timestamptz;
    v_seq bigint;
    v_lot bigint;
BEGIN
    w := wallet_lock(p_team);
    IF w.team_id IS NULL THEN
        status := 'unknown_team'; balance := 0; held := 0;
        RETURN;
    END IF;
    balance := w.balance; held := w.held;
    SELECT * INTO e FROM entry o WHERE o.key = p_key AND o.leg = 0;
    IF FOUND THEN
        IF e.kind = 'consume' AND e.delta = -p_amount AND e.member_id IS NOT DISTINCT FROM p_member
           AND e.channel IS NOT DISTINCT FROM p_channel
           AND (e.team_id IN (p_team, w.team_id) OR team_spends_as(e.team_id) = w.team_id) THEN
            status := 'replayed'; balance := e.balance_after; held := e.held_after;
        ELSE
            status := 'key_conflict';
        END IF;
        RETURN;
    END IF;
    v_at := CASE WHEN w.gates & 4 = 0 THEN nd_now() ELSE budget_open(w.team_id, p_member, p_channel) END;
    status := consume_refusal(w, p_amount, p_member, p_channel, p_approver);
    IF status IS NOT NULL THEN
        RETURN;
    END IF;
    v_lot := w.lot_id;
    IF w.lot_left < p_amount THEN
        PERFORM wallet_stash(w.team_id);
        SELECT CASE WHEN o.remaining >= p_amount THEN o.id END INTO v_lot FROM lot o
         WHERE o.team_id = w.team_id AND o.remaining > 0 ORDER BY o.priority, o.expires_at, o.id LIMIT 1;
    END IF;
    SELECT b.seq, b.balance, b.held INTO v_seq, balance, held
      FROM wallet_book(w.team_id, 'consume', p_key, 0, -p_amount, p_amount, v_lot, p_member, p_approver,
                       p_channel, p_note, v_at) b;
    IF v_seq IS NULL THEN  -- another team took this key at this very moment
        PERFORM wallet_stash(w.team_id);
        PERFORM wallet_pick(w.team_id);
        status := 'key_conflict'; balance := w.balance; held := w.held;
        RETURN;
    ELSIF w.lot_left >= p_amount THEN
        UPDATE wallet o SET lot_left = o.lot_left - p_amount WHERE o.team_id = w.team_id;
    ELSE
        PERFORM lots_burn(w.team_id, v_seq, p_amount);
        PERFORM wallet_pick(w.team_id);
    END IF;
    IF w.gates & 4 <> 0 THEN
        PERFORM budget_spend(w.team_id, p_member, p_channel, p_amount, v_at);
    END IF;
    status := 'ok';
END
$$;

-- Takes credits from a team, exactly once for each key, never below zero. A replay moves nothing and answers as before.
-- status: ok, replayed, key_conflict, insufficient, over_member_budget, over_channel_budget, over_team_budget,
-- needs_approval, frozen, unknown_team. balance and held are those after it.
-- The condition of the deduction is in its WHERE, which Postgres judges again on the newest row after waiting for a lock.
-- Only the INSERT knows whether the key is new; if not, the deduction is taken back before anyone sees it.
CREATE FUNCTION consume_credits_atomic(p_team bigint, p_key uuid, p_amount bigint, p_member bigint, p_channel text, p_note text,
    OUT status text, OUT balance bigint, OUT held bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_now timestamptz := nd_now();
    v_seq bigint;
    v_lot bigint;
BEGIN
    IF p_team IS NULL OR p_key IS NULL OR p_amount IS NULL OR p_amount <= 0 THEN
        RAISE EXCEPTION 'consume wants a team, a key and an amount above zero' USING ERRCODE = 'ND001';
    END IF;
    UPDATE wallet w SET balance = w.balance - p_amount, held = w.held + p_amount, lot_left = w.lot_left - p_amount,
                        seq = w.seq + 1
     WHERE w.team_id = p_team AND w.lot_left >= p_amount AND w.gates = 0 AND w.next_event > v_now
    RETURNING w.balance, w.held, w.seq, w.lot_id INTO balance, held, v_seq, v_lot;
    IF FOUND THEN
        INSERT INTO entry (team_id, seq, delta, held_delta, balance_after, held_after, at, lot_id, member_id, leg, kind, key,
                           channel, note)
        VALUES (p_team, v_seq, -p_amount, p_amount, balance, held, v_now, v_lot, p_member, 0, 'consume', p_key,
                p_channel, p_note)
        ON CONFLICT (key, leg) DO NOTHING;
        IF FOUND THEN
            status := 'ok';
            RETURN;
        END IF;
        UPDATE wallet w SET balance = w.balance + p_amount, held = w.held - p_amount, lot_left = w.lot_left + p_amount,
                            seq = w.seq - 1
         WHERE w.team_id = p_team;
    END IF;
    SELECT s.status, s.balance, s.held INTO status, balance, held
      FROM consume_slow(p_team, p_key, p_amount, p_member, p_channel, p_note, NULL) s;
END
$$;

-- The same for what an admin let go: the team's approval threshold does not hold it up, and the entry names the admin.
CREATE FUNCTION consume_credits_approved(p_team bigint, p_key uuid, p_amount bigint, p_member bigint, p_channel text,
    p_note text, p_approver bigint, OUT status text, OUT balance bigint, OUT held bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF p_team IS NULL OR p_key IS NULL OR p_amount IS NULL OR p_amount <= 0 OR p_approver IS NULL THEN
        RAISE EXCEPTION 'an approved consume wants a team, a key, an amount above zero and who approved it'
            USING ERRCODE = 'ND001';
    END IF;
    SELECT s.status, s.balance, s.held INTO status, balance, held
      FROM consume_slow(p_team, p_key, p_amount, p_member, p_channel, p_note, p_approver) s;
END
$$;

-- migrate:down
