-- migrate:up

-- What comes back and what comes in: settle, refund, grant.

-- Gives p_amount back to a lot of this team, whose lots are stashed. What belonged to a lot that lapsed, or to another
-- team's lot, comes as a lot of its own: 14 days, or what was left of the other's time.
CREATE FUNCTION lot_give_back(p_team bigint, p_lot bigint, p_amount bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    l lot;
BEGIN
    SELECT * INTO STRICT l FROM lot WHERE id = p_lot;
    IF l.team_id = p_team AND l.expires_at > nd_now() THEN
        UPDATE lot SET remaining = remaining + p_amount WHERE id = p_lot;
        RETURN;
    END IF;
    INSERT INTO lot (team_id, source, priority, expires_at, granted, remaining, granted_at)
    VALUES (p_team, l.source, l.priority,
            CASE WHEN l.expires_at > nd_now() THEN l.expires_at ELSE nd_now() + interval '14 days' END,
            p_amount, p_amount, nd_now());
END
$$;

-- Which lots get p_amount of a hold back when p_before of it went back already: last drawn first.
CREATE FUNCTION hold_shares(p_hold entry, p_before bigint, p_amount bigint) RETURNS TABLE (lot_id bigint, amount bigint)
LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF p_amount = 0 THEN
        RETURN;
    ELSIF p_hold.lot_id IS NOT NULL THEN
        RETURN QUERY SELECT p_hold.lot_id, p_amount;
        RETURN;
    END IF;
    RETURN QUERY
    SELECT d.lot_id, (least(d.upto, p_before + p_amount) - greatest(d.upto - d.amount, p_before))::bigint
      FROM (SELECT w.lot_id, w.amount, w.n, sum(w.amount) OVER (ORDER BY w.n DESC) AS upto FROM draw w
             WHERE w.team_id = p_hold.team_id AND w.seq = p_hold.seq) d
     WHERE d.upto > p_before AND d.upto - d.amount < p_before + p_amount ORDER BY d.n DESC;
END
$$;

-- Books p_back of a hold as given back, and releases p_release of what was held. The hold's wallet is locked. If its team
-- was joined to another since, what comes back follows it there.
CREATE FUNCTION hold_give_back(w wallet, p_hold entry, p_kind entry_kind, p_leg integer, p_back bigint, p_release bigint,
    p_actor bigint, p_note text, OUT balance bigint, OUT held bigint)
LANGUAGE plpgsql AS $$
DECLARE
    t wallet := w;
    share record;
    v_before bigint;
BEGIN
    IF w.gates & 2 <> 0 THEN
        t := wallet_lock(team_spends_as(w.team_id));
    END IF;
    SELECT coalesce(sum(o.delta), 0) INTO v_before FROM entry o WHERE o.key = p_hold.key AND o.leg >= 1;
    SELECT b.balance, b.held INTO balance, held
      FROM wallet_book(w.team_id, p_kind, p_hold.key, p_leg, p_back, -p_release, p_hold.lot_id, p_hold.member_id, p_actor,
                       p_hold.channel, p_note, nd_now()) b;
    IF w.gates & 4 <> 0 THEN
        PERFORM budget_spend(w.team_id, p_hold.member_id, p_hold.channel, -p_back, p_hold.at);
    END IF;
    IF t.team_id <> w.team_id THEN
        balance := t.balance; held := t.held;
        IF p_back > 0 THEN
            PERFORM wallet_book(w.team_id, 'move_out', p_hold.key, -2 * p_leg, -p_back, 0, NULL, p_hold.member_id, p_actor,
                                p_hold.channel, p_note, nd_now());
            SELECT b.balance, b.held INTO balance, held
              FROM wallet_book(t.team_id, 'move_in', p_hold.key, -2 * p_leg - 1, p_back, 0, NULL, p_hold.member_id, p_actor,
                               p_hold.channel, p_note, nd_now()) b;
        END IF;
    END IF;
    IF p_back = 0 THEN
        RETURN;
    ELSIF t.team_id = w.team_id AND p_hold.lot_id = w.lot_id THEN
        UPDATE wallet o SET lot_left = o.lot_left + p_back WHERE o.team_id = w.team_id;
        RETURN;
    END IF;
    PERFORM wallet_stash(t.team_id);
    FOR share IN SELECT * FROM hold_shares(p_hold, v_before, p_back) LOOP
        PERFORM lot_give_back(t.team_id, share.lot_id, share.amount);
    END LOOP;
    PERFORM wallet_pick(t.team_id);
END
$$;

-- The answer that a leg of a hold gave when it was booked. Where nothing came back and the team was joined to another,
-- there is no trace of what the other had then: the answer has what it has now.
CREATE FUNCTION leg_answer(p_leg entry, OUT balance bigint, OUT held bigint)
LANGUAGE plpgsql STABLE AS $$
BEGIN
    SELECT o.balance_after, o.held_after INTO balance, held
      FROM entry o WHERE o.key = p_leg.key AND o.leg = -2 * p_leg.leg - 1;
    IF FOUND THEN
        RETURN;
    ELSIF p_leg.delta = 0 AND team_spends_as(p_leg.team_id) <> p_leg.team_id THEN
        SELECT c.balance, c.held INTO balance, held FROM credit_balance(p_leg.team_id) c;
    ELSE
        balance := p_leg.balance_after; held := p_leg.held_after;
    END IF;
END
$$;

-- Ends a hold: p_actual is kept, the rest is given back (0 gives everything back).
-- status: ok, replayed, already_settled (with another amount), unknown_hold, exceeds_hold. given_back is what came back.
CREATE FUNCTION settle_credits(p_key uuid, p_actual bigint, p_note text,
    OUT status text, OUT balance bigint, OUT held bigint, OUT given_back bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    e entry;
    v_leg entry;
    w wallet;
BEGIN
    IF p_key IS NULL OR p_actual IS NULL OR p_actual < 0 THEN
        RAISE EXCEPTION 'settle wants a key and an amount of zero or more' USING ERRCODE = 'ND001';
    END IF;
    balance := 0; held := 0; given_back := 0;
    SELECT * INTO e FROM entry o WHERE o.key = p_key AND o.leg = 0 AND o.kind = 'consume';
    IF NOT FOUND THEN
        status := 'unknown_hold';
        RETURN;
    END IF;
    w := wallet_lock_own(e.team_id);
    balance := w.balance; held := w.held;
    SELECT * INTO v_leg FROM entry o WHERE o.key = p_key AND o.leg = 1;
    IF FOUND THEN
        SELECT a.balance, a.held INTO balance, held FROM leg_answer(v_leg) a;
        given_back := v_leg.delta;
        status := CASE WHEN v_leg.delta = -e.delta - p_actual THEN 'replayed' ELSE 'already_settled' END;
    ELSIF p_actual > -e.delta THEN
        status := 'exceeds_hold';
    ELSE
        given_back := -e.delta - p_actual;
        SELECT b.balance, b.held INTO balance, held
          FROM hold_give_back(w, e, 'settle', 1, given_back, -e.delta, NULL, p_note) b;
        status := 'ok';
    END IF;
END
$$;

-- Gives back p_amount of what a settled generation kept: its p_n-th correction, once for each (key, n).
-- status: ok, replayed, key_conflict (n was another amount), unknown_hold, not_settled, exceeds_kept.
CREATE FUNCTION refund_credits(p_key uuid, p_n integer, p_amount bigint, p_actor bigint, p_note text,
    OUT status text, OUT balance bigint, OUT held bigint, OUT given_back bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    e entry;
    v_leg entry;
    w wallet;
    v_kept bigint;
BEGIN
    IF p_key IS NULL OR p_n IS NULL OR p_n < 1 OR p_amount IS NULL OR p_amount <= 0 THEN
        RAISE EXCEPTION 'refund wants a key, a number from 1 and an amount above zero' USING ERRCODE = 'ND001';
    END IF;
    balance := 0; held := 0; given_back := 0;
    SELECT * INTO e FROM entry o WHERE o.key = p_key AND o.leg = 0 AND o.kind = 'consume';
    IF NOT FOUND THEN
        status := 'unknown_hold';
        RETURN;
    END IF;
    w := wallet_lock_own(e.team_id);
    balance := w.balance; held := w.held;
    SELECT * INTO v_leg FROM entry o WHERE o.key = p_key AND o.leg = p_n + 1;
    IF FOUND THEN
        SELECT a.balance, a.held INTO balance, held FROM leg_answer(v_leg) a;
        given_back := v_leg.delta;
        status := CASE WHEN v_leg.delta = p_amount THEN 'replayed' ELSE 'key_conflict' END;
        RETURN;
    END IF;
    SELECT -e.delta - sum(o.delta) INTO v_kept FROM entry o WHERE o.key = p_key AND o.leg >= 1;
    IF v_kept IS NULL THEN
        status := 'not_settled';
    ELSIF p_amount > v_kept THEN
        status := 'exceeds_kept';
    ELSE
        given_back := p_amount;
        SELECT b.balance, b.held INTO balance, held
          FROM hold_give_back(w, e, 'refund', p_n + 1, p_amount, 0, p_actor, p_note) b;
        status := 'ok';
    END IF;
END
$$;

-- Gives credits to a team, once for each key. Lots are burned by priority (low first), then soonest to expire.
-- p_expires NULL: never. status: ok, replayed, key_conflict, expired (p_expires has passed), unknown_team.
CREATE FUNCTION grant_credits(p_team bigint, p_key uuid, p_amount bigint, p_source text, p_priority integer,
    p_expires timestamptz, p_actor bigint, p_note text, OUT status text, OUT balance bigint, OUT held bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    w wallet;
    e entry;
    l lot;
    v_expires timestamptz := coalesce(p_expires, 'infinity');
    v_lot bigint;
BEGIN
    IF p_team IS NULL OR p_key IS NULL OR p_amount IS NULL OR p_amount <= 0 OR p_source IS NULL OR p_priority IS NULL THEN
        RAISE EXCEPTION 'grant wants a team, a key, an amount above zero, a source and a priority' USING ERRCODE = 'ND001';
    END IF;
    w := wallet_lock(p_team);
    IF w.team_id IS NULL THEN
        status := 'unknown_team'; balance := 0; held := 0;
        RETURN;
    END IF;
    balance := w.balance; held := w.held;
    SELECT * INTO e FROM entry o WHERE o.key = p_key AND o.leg = 0;
    IF FOUND THEN
        SELECT * INTO l FROM lot o WHERE o.id = e.lot_id;
        IF e.kind = 'grant' AND e.delta = p_amount AND l.source = p_source AND l.priority = p_priority
           AND l.expires_at = v_expires AND (e.team_id IN (p_team, w.team_id) OR team_spends_as(e.team_id) = w.team_id) THEN
            status := 'replayed'; balance := e.balance_after; held := e.held_after;
        ELSE
            status := 'key_conflict';
        END IF;
        RETURN;
    ELSIF v_expires <= nd_now() THEN
        status := 'expired';
        RETURN;
    END IF;
    PERFORM wallet_stash(w.team_id);
    INSERT INTO lot (team_id, source, priority, expires_at, granted, remaining, granted_at)
    VALUES (w.team_id, p_source, p_priority, v_expires, p_amount, p_amount, nd_now()) RETURNING id INTO v_lot;
    SELECT b.balance, b.held INTO balance, held
      FROM wallet_book(w.team_id, 'grant', p_key, 0, p_amount, 0, v_lot, NULL, p_actor, NULL, p_note, nd_now()) b
     WHERE b.seq IS NOT NULL;
    IF FOUND THEN
        status := 'ok';
        UPDATE team t SET low_alerted = false
         WHERE t.id = w.team_id AND t.low_alerted AND grant_credits.balance >= t.low_balance;
    ELSE  -- another team took this key at this very moment
        DELETE FROM lot o WHERE o.id = v_lot;
        status := 'key_conflict'; balance := w.balance; held := w.held;
    END IF;
    PERFORM wallet_pick(w.team_id);
END
$$;

-- migrate:down
