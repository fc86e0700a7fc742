-- migrate:up

-- What people buy in a platform's own shop: credits once for each sale, taken back when the sale is undone.

-- For whom a person is about to buy: the workspace in which they opened the shop last.
CREATE TABLE purchase_intent (
    platform     text NOT NULL,
    user_id      text NOT NULL,
    installation text NOT NULL,
    at           timestamptz NOT NULL DEFAULT nd_now(),
    PRIMARY KEY (platform, user_id)
);

-- One row for each sale, by the platform's own name of it. For each buyer, what was granted less what was taken back is what
-- their valid sales are worth, and what they owe.
-- credits: what the sale is worth. granted: what came, after what the buyer owed from sales that were undone.
-- taken_back: what was still there when the sale was undone, or came back later. owed: what was spent by then, and is still
-- to come out of the buyer's next sale.
CREATE TABLE purchase (
    platform     text NOT NULL,
    external_id  text NOT NULL,
    sku          text NOT NULL,
    buyer        text,
    installation text,
    team_id      bigint REFERENCES team (id),
    credits      credits NOT NULL DEFAULT 0,
    granted      credits NOT NULL DEFAULT 0,
    taken_back   credits NOT NULL DEFAULT 0,
    owed         credits NOT NULL DEFAULT 0,
    bought_at    timestamptz NOT NULL DEFAULT nd_now(),
    undone_at    timestamptz,
    PRIMARY KEY (platform, external_id)
);

CREATE INDEX purchase_owed ON purchase (platform, buyer, bought_at) WHERE owed > 0;
-- The periods of a subscription have names that begin alike.
CREATE INDEX purchase_series ON purchase (platform, external_id text_pattern_ops);
CREATE INDEX purchase_undone ON purchase (undone_at) WHERE undone_at IS NOT NULL;

-- What the lots of a sale are called, wherever they are moved.
CREATE FUNCTION purchase_source(p_platform text, p_external text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT p_platform || ':' || p_external
$$;

-- Lets what is left of a sale lapse, p_most of it, in the wallet that spends for its team. Returns how much that was.
CREATE FUNCTION lots_take_back(p_team bigint, p_source text, p_most bigint) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    w wallet;
    l lot;
    v_taken bigint := 0;
    v_part bigint;
    v_lot bigint;
BEGIN
    w := wallet_lock(p_team);
    PERFORM wallet_stash(w.team_id);
    FOR l IN SELECT * FROM lot o WHERE o.team_id = w.team_id AND o.source = p_source AND o.remaining > 0 ORDER BY o.id LOOP
        v_part := least(l.remaining, p_most - v_taken);
        EXIT WHEN v_part = 0;
        v_lot := l.id;
        IF v_part = l.remaining THEN
            UPDATE lot SET remaining = 0, expires_at = nd_now() WHERE id = l.id;
        ELSE  -- a lot lapses as a whole: this part of it becomes one
            UPDATE lot SET remaining = remaining - v_part, granted = granted - v_part WHERE id = l.id;
            INSERT INTO lot (team_id, source, priority, expires_at, granted, remaining, granted_at)
            VALUES (w.team_id, l.source, l.priority, nd_now(), v_part, 0, l.granted_at) RETURNING id INTO v_lot;
        END IF;
        PERFORM wallet_book(w.team_id, 'expire', system_key(2, v_lot), -1, -v_part, 0, v_lot, NULL, NULL, NULL, NULL, nd_now());
        v_taken := v_taken + v_part;
    END LOOP;
    PERFORM wallet_pick(w.team_id);
    RETURN v_taken;
END
$$;

-- Credits a sale, once. It is for the given workspace; else for the one in which the buyer opened the shop within the hour
-- before; else for the buyer's own. status: ok, replayed, undone.
CREATE FUNCTION credit_purchase(p_platform text, p_external text, p_key uuid, p_sku text, p_buyer text, p_installation text,
    p_own text, p_credits bigint, p_bought timestamptz, p_free_amount bigint, p_free_period interval,
    OUT status text, OUT granted bigint, OUT owed bigint, OUT installation text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    p purchase;
    d purchase;
    v_member record;
    v_rest bigint;
    v_take bigint;
BEGIN
    IF p_credits IS NULL OR p_credits <= 0 OR p_buyer IS NULL OR p_own IS NULL OR p_key IS NULL THEN
        RAISE EXCEPTION 'a sale wants a buyer, a key and an amount above zero' USING ERRCODE = 'ND001';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('neverdark/buyer' || chr(31) || p_platform || chr(31) || p_buyer, 0));
    INSERT INTO purchase (platform, external_id, sku) VALUES (p_platform, p_external, p_sku) ON CONFLICT DO NOTHING;
    SELECT * INTO STRICT p FROM purchase o WHERE o.platform = p_platform AND o.external_id = p_external FOR UPDATE;
    IF p.undone_at IS NOT NULL OR p.team_id IS NOT NULL THEN
        status := CASE WHEN p.undone_at IS NULL THEN 'replayed' ELSE 'undone' END;
        granted := p.granted; owed := p.owed; installation := p.installation;
        RETURN;
    END IF;
    installation := coalesce(p_installation,
        (SELECT i.installation FROM purchase_intent i WHERE i.platform = p_platform AND i.user_id = p_buyer
            AND p_bought BETWEEN i.at - interval '1 minute' AND i.at + interval '1 hour'), p_own);
    v_member := ensure_member(p_platform, installation, p_buyer, p_free_amount, p_free_period);
    v_rest := p_credits;
    FOR d IN SELECT * FROM purchase o WHERE o.platform = p_platform AND o.buyer = p_buyer AND o.owed > 0
              ORDER BY o.bought_at, o.external_id FOR UPDATE LOOP
        v_take := least(v_rest, d.owed);
        v_rest := v_rest - v_take;
        UPDATE purchase o SET owed = o.owed - v_take WHERE o.platform = d.platform AND o.external_id = d.external_id;
        EXIT WHEN v_rest = 0;
    END LOOP;
    IF v_rest > 0 THEN
        PERFORM grant_credits(v_member.team_id, p_key, v_rest, purchase_source(p_platform, p_external), 50, NULL, NULL, NULL);
    END IF;
    UPDATE purchase o SET sku = p_sku, buyer = p_buyer, installation = credit_purchase.installation, team_id = v_member.team_id,
                          credits = p_credits, granted = v_rest, bought_at = p_bought
     WHERE o.platform = p_platform AND o.external_id = p_external;
    status := 'ok'; granted := v_rest; owed := 0;
END
$$;

-- Undoes a sale, once: what is left of it lapses, what was spent is owed. What comes back to it later is taken by calling
-- this again. One that was never credited never is. status: ok, replayed, unknown (it was not credited).
CREATE FUNCTION undo_purchase(p_platform text, p_external text, p_sku text,
    OUT status text, OUT taken_back bigint, OUT owed bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    p purchase;
    v_taken bigint;
    v_buyer text;
BEGIN
    SELECT o.buyer INTO v_buyer FROM purchase o WHERE o.platform = p_platform AND o.external_id = p_external;
    IF v_buyer IS NOT NULL THEN
        PERFORM pg_advisory_xact_lock(hashtextextended('neverdark/buyer' || chr(31) || p_platform || chr(31) || v_buyer, 0));
    END IF;
    INSERT INTO purchase (platform, external_id, sku) VALUES (p_platform, p_external, p_sku) ON CONFLICT DO NOTHING;
    SELECT * INTO STRICT p FROM purchase o WHERE o.platform = p_platform AND o.external_id = p_external FOR UPDATE;
    IF p.team_id IS NULL THEN
        UPDATE purchase o SET undone_at = coalesce(o.undone_at, nd_now())
         WHERE o.platform = p_platform AND o.external_id = p_external;
        status := 'unknown'; taken_back := 0; owed := 0;
        RETURN;
    END IF;
    v_taken := lots_take_back(p.team_id, purchase_source(p_platform, p_external),
                              CASE WHEN p.undone_at IS NULL THEN p.granted ELSE p.owed END);
    UPDATE purchase o
       SET taken_back = o.taken_back + v_taken, undone_at = coalesce(o.undone_at, nd_now()),
           owed = CASE WHEN o.undone_at IS NULL THEN o.credits - v_taken ELSE o.owed - v_taken END
     WHERE o.platform = p_platform AND o.external_id = p_external
    RETURNING o.taken_back, o.owed INTO undo_purchase.taken_back, undo_purchase.owed;
    status := CASE WHEN p.undone_at IS NULL THEN 'ok' ELSE 'replayed' END;
END
$$;

-- Notes for whom a person is about to buy.
CREATE FUNCTION note_purchase_intent(p_platform text, p_user text, p_installation text) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO purchase_intent (platform, user_id, installation) VALUES (p_platform, p_user, p_installation)
    ON CONFLICT (platform, user_id) DO UPDATE SET installation = excluded.installation, at = nd_now()
$$;

-- What was made after the rights were given.
DO $$
DECLARE
    protected regprocedure;
BEGIN
    FOR protected IN SELECT p.oid FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', protected);
    END LOOP;
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'neverdark_app') THEN
        PERFORM allow_product_role('neverdark_app');
    END IF;
END
$$;

-- migrate:down
