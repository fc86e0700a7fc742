-- migrate:up

-- What a person is about to ask for: drafts, presses of buttons, and the one statement that submits.

-- A function may name what a later file makes.
SET LOCAL check_function_bodies = off;

-- What a person has typed and not yet asked for: kept for a day, so that a question or a refusal has buttons that go on with
-- it. For that person in that workspace alone. draft is what core/domain/drafts.py writes; it holds a description.
CREATE TABLE drafts (
    id           uuid PRIMARY KEY,
    platform     text NOT NULL,
    installation text NOT NULL,
    user_id      text NOT NULL,
    draft        jsonb NOT NULL,
    kept_at      timestamptz NOT NULL DEFAULT nd_now()
);

CREATE INDEX drafts_kept_at ON drafts (kept_at);

-- Presses of buttons that begin something. Several of one person on one button within a moment are one press.
-- event: the platform's own id of it. counts_as: the first press of that moment; its own id, if it is the first.
CREATE TABLE presses (
    event     text PRIMARY KEY,
    button    text NOT NULL,
    counts_as text NOT NULL,
    at        timestamptz NOT NULL DEFAULT nd_now()
);

CREATE INDEX presses_button ON presses (button, at) WHERE event = counts_as;
CREATE INDEX presses_at ON presses (at);

-- A command that asks for a video is one statement: nobody holds a wallet, or the lock under which a team is made, while an
-- answer travels. And it is one transaction: credits, generation and messages are there together or not at all.

-- Queues a generation, with its root and progress messages, and takes its credits. status: ok; asking (an admin has to let it
-- go, and nothing was taken); earlier (this event was delivered before, and nothing has changed); unplanned (the workspace's
-- choice of fallback leaves no provider); closed (more
-- results than p_undelivered_most could not be posted in the channel); or what the ledger answers. fallback is the workspace's choice, and root_id the
-- message that p_owner is to post before p_lease ends; null unless the status is ok or asking.
-- p_begin_in: so long it is left alone, unless a hint tells of it: a worker does not take the time of people who wait for a root
-- message.
-- p_plans: by choice of fallback, {"credits": what is held, "chain": [providers], "prices": {provider: credits}}.
CREATE FUNCTION submit_generation(
    p_id uuid, p_platform text, p_installation text, p_user text, p_channel text, p_place text, p_request jsonb, p_tier text,
    p_plans jsonb, p_free_amount bigint, p_free_period interval, p_start_by interval, p_approve_by interval,
    p_owner text, p_lease interval, p_root_key uuid, p_progress_key uuid, p_undelivered_most integer, p_begin_in interval,
    OUT status text, OUT balance bigint, OUT fallback text, OUT root_id bigint, OUT root_at timestamptz
)
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    v_plan jsonb;
    v_team bigint;
    v_member bigint;
    v_moved credits_moved;
    v_asks boolean;
    v_elsewhere text;
BEGIN
    SELECT m.team_id, m.member_id INTO v_team, v_member
      FROM ensure_member(p_platform, p_installation, p_user, p_free_amount, p_free_period) m;
    SELECT s.fallback, s.elsewhere INTO fallback, v_elsewhere FROM workspace_settings s
     WHERE s.platform = p_platform AND s.installation = p_installation;
    fallback := coalesce(fallback, 'any');
    PERFORM 1 FROM generations WHERE id = p_id;
    IF FOUND THEN
        status := 'earlier';
        RETURN;
    END IF;
    PERFORM 1 FROM channel_trouble c
     WHERE c.platform = p_platform AND c.installation = p_installation AND c.channel = p_channel
       AND c.undelivered > p_undelivered_most;
    IF FOUND THEN
        status := 'closed';
        RETURN;
    END IF;
    v_plan := p_plans -> fallback;
    IF v_plan IS NULL THEN
        status := 'unplanned';
        RETURN;
    END IF;
    v_moved := consume_credits_atomic(v_team, p_id, (v_plan ->> 'credits')::bigint, v_member, p_channel, p_tier);
    balance := v_moved.balance;
    v_asks := v_moved.status = 'needs_approval';
    IF v_moved.status <> 'ok' THEN
        -- The same event may have come twice at once, and the other one was first: the wallet made us wait for it.
        PERFORM 1 FROM generations WHERE id = p_id;
        IF FOUND THEN
            status := 'earlier';
            RETURN;
        END IF;
        IF NOT v_asks THEN
            status := v_moved.status;
            RETURN;
        END IF;
    END IF;
    INSERT INTO generations (id, team_id, member_id, platform, installation, user_id, place, request, tier, chain, prices,
                             state, consumed, channel, start_by, wake_at, fallback, elsewhere)
    SELECT p_id, v_team, v_member, p_platform, p_installation, p_user, p_place, p_request, p_tier,
           ARRAY(SELECT jsonb_array_elements_text(v_plan -> 'chain')), v_plan -> 'prices',
           CASE WHEN v_asks THEN 'asking' ELSE 'queued' END,
           CASE WHEN v_asks THEN 0 ELSE (v_plan ->> 'credits')::bigint END,
           p_channel,
           nd_now() + CASE WHEN v_asks THEN p_approve_by ELSE p_start_by END,
           nd_now() + CASE WHEN v_asks THEN p_approve_by ELSE p_begin_in END,
           submit_generation.fallback, coalesce(v_elsewhere, 'offer');
    IF v_asks THEN
        PERFORM note_approval(p_id);
    END IF;
    INSERT INTO deliveries (generation_id, kind, key, wake_at) VALUES (p_id, 'progress', p_progress_key, nd_now() + p_begin_in);
    INSERT INTO deliveries (generation_id, kind, key, wake_at, lease_owner, lease_until, fence, tries)
    VALUES (p_id, 'root', p_root_key, nd_now() + p_lease, p_owner, nd_now() + p_lease, 1, 1)
    RETURNING id, created_at INTO root_id, root_at;
    status := CASE WHEN v_asks THEN 'asking' ELSE 'ok' END;
END
$$;

-- Keeps a draft, and forgets a few of those that are too old.
CREATE FUNCTION keep_draft(p_id uuid, p_platform text, p_installation text, p_user text, p_draft jsonb, p_keep interval)
RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    DELETE FROM drafts WHERE id IN (
        SELECT d.id FROM drafts d WHERE d.kept_at < nd_now() - p_keep ORDER BY d.kept_at LIMIT 20 FOR UPDATE SKIP LOCKED);
    INSERT INTO drafts (id, platform, installation, user_id, draft)
    VALUES (p_id, p_platform, p_installation, p_user, p_draft)
    ON CONFLICT (id) DO NOTHING;
END
$$;

-- The press that this one counts as: the same in every redelivery, and the same for all within p_moment of the first.
CREATE FUNCTION count_press(p_event text, p_button text, p_moment interval) RETURNS text
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    v_counts_as text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('press:' || p_button, 0));
    SELECT p.counts_as INTO v_counts_as FROM presses p WHERE p.event = p_event;
    IF FOUND THEN
        RETURN v_counts_as;
    END IF;
    SELECT p.event INTO v_counts_as FROM presses p
     WHERE p.button = p_button AND p.event = p.counts_as AND p.at > nd_now() - p_moment
     ORDER BY p.at DESC LIMIT 1;
    DELETE FROM presses WHERE event IN (
        SELECT p.event FROM presses p WHERE p.at < nd_now() - interval '1 day' ORDER BY p.at LIMIT 20
           FOR UPDATE SKIP LOCKED);
    INSERT INTO presses (event, button, counts_as) VALUES (p_event, p_button, coalesce(v_counts_as, p_event));
    RETURN coalesce(v_counts_as, p_event);
END
$$;

-- migrate:down
