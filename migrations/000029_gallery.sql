-- migrate:up

-- The show of a community: a gallery that finished videos come to, votes, the week's best, and contests.

-- Where a workspace shows its videos; one without a row shows none. place is the platform's own words for the channel.
-- is_adult: the channel is for adults, and takes what was made in such channels. locale: the language of the place, as the
-- platform names it. best_next: when the week's best is due.
CREATE TABLE gallery (
    platform     text NOT NULL,
    installation text NOT NULL,
    place        text NOT NULL,
    is_adult     boolean NOT NULL DEFAULT false,
    locale       text,
    best_next    timestamptz NOT NULL DEFAULT nd_now() + interval '7 days',
    changed_by   bigint,
    changed_at   timestamptz NOT NULL DEFAULT nd_now(),
    PRIMARY KEY (platform, installation)
);

-- A theme for some days, with one entry a person. must: words that an entry's description has. state follows the clock.
CREATE TABLE contest (
    id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    platform     text NOT NULL,
    installation text NOT NULL,
    title        text NOT NULL,
    must         text[] NOT NULL DEFAULT '{}',
    starts_at    timestamptz NOT NULL,
    ends_at      timestamptz NOT NULL,
    made_by      bigint,
    state        text NOT NULL DEFAULT 'planned' CONSTRAINT contest_state CHECK (state IN ('planned', 'open', 'closed')),
    winner       uuid,
    CONSTRAINT contest_times CHECK (ends_at > starts_at)
);

CREATE UNIQUE INDEX contest_one_at_a_time ON contest (platform, installation) WHERE state <> 'closed';
CREATE INDEX contest_due ON contest (state) WHERE state <> 'closed';

-- A video in a gallery. waiting: it is being made; due: it is to be posted; shown; leaving: its message is to go; hidden: it is out
-- of the gallery, because its person or an admin wanted that; gone: it could not be shown.
-- votes is the number of its rows in vote, which cast_vote alone changes.
CREATE TABLE showing (
    generation_id uuid PRIMARY KEY REFERENCES generations (id) ON DELETE CASCADE,
    platform      text NOT NULL,
    installation  text NOT NULL,
    user_id       text,
    key           uuid NOT NULL DEFAULT gen_random_uuid(),
    state         text NOT NULL DEFAULT 'waiting'
                  CONSTRAINT showing_state CHECK (state IN ('waiting', 'due', 'shown', 'leaving', 'hidden', 'gone')),
    is_spoiler    boolean NOT NULL DEFAULT false,
    wake_at       timestamptz NOT NULL DEFAULT nd_now(),
    fence         bigint NOT NULL DEFAULT 0,
    tries         integer NOT NULL DEFAULT 0,
    place         text,
    message_id    text,
    votes         integer NOT NULL DEFAULT 0,
    contest_id    uuid REFERENCES contest (id),
    created_at    timestamptz NOT NULL DEFAULT nd_now(),
    shown_at      timestamptz
);

CREATE INDEX showing_open ON showing (state, wake_at) WHERE state IN ('waiting', 'due', 'leaving');
CREATE INDEX showing_shown ON showing (platform, installation, shown_at) WHERE state = 'shown';
CREATE UNIQUE INDEX showing_one_entry ON showing (contest_id, user_id) WHERE contest_id IS NOT NULL;

CREATE TABLE vote (
    generation_id uuid NOT NULL REFERENCES showing (generation_id) ON DELETE CASCADE,
    user_id       text NOT NULL,
    at            timestamptz NOT NULL DEFAULT nd_now(),
    PRIMARY KEY (generation_id, user_id)
);

-- What is to be said in a gallery by itself: a contest begins or ends, the week's best.
CREATE TABLE announcement (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    platform     text NOT NULL,
    installation text NOT NULL,
    kind         text NOT NULL,
    contest_id   uuid REFERENCES contest (id),
    best         uuid[] NOT NULL DEFAULT '{}',
    key          uuid NOT NULL DEFAULT gen_random_uuid(),
    state        text NOT NULL DEFAULT 'due' CONSTRAINT announcement_state CHECK (state IN ('due', 'said', 'gone')),
    wake_at      timestamptz NOT NULL DEFAULT nd_now(),
    fence        bigint NOT NULL DEFAULT 0,
    tries        integer NOT NULL DEFAULT 0,
    created_at   timestamptz NOT NULL DEFAULT nd_now()
);

CREATE INDEX announcement_due ON announcement (wake_at) WHERE state = 'due';

-- A video that is asked for is to be shown, where there is a gallery that may show it, and everybody may see it where it was
-- asked for.
CREATE FUNCTION propose_showing(p_generation uuid, p_platform text, p_installation text, p_user text, p_adult boolean,
    p_spoiler boolean) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO showing (generation_id, platform, installation, user_id, is_spoiler)
    SELECT p_generation, p_platform, p_installation, p_user, p_spoiler FROM gallery g
     WHERE g.platform = p_platform AND g.installation = p_installation AND (g.is_adult OR NOT p_adult)
       AND rule_now(p_platform, p_installation, 'gallery', '') IS NULL
       AND NOT EXISTS (SELECT 1 FROM generations v WHERE v.id = p_generation AND (v.request ->> 'is_private')::boolean)
    ON CONFLICT (generation_id) DO NOTHING;
    RETURN FOUND;
END
$$;

-- Lets what is finished come to its gallery; what has failed is gone. What was deleted or hidden leaves.
CREATE FUNCTION release_showings() RETURNS bigint
LANGUAGE sql AS $$
    WITH over AS (
        UPDATE showing s SET state = CASE WHEN g.outcome = 'succeeded' AND g.clip IS NOT NULL THEN 'due' ELSE 'gone' END, wake_at = nd_now()
          FROM generations g WHERE s.state = 'waiting' AND g.id = s.generation_id AND g.state = 'done'
        RETURNING 1),
    removed AS (
        UPDATE showing s SET state = CASE s.state WHEN 'shown' THEN 'leaving' ELSE 'hidden' END, wake_at = nd_now(), fence = s.fence + 1
          FROM generations g WHERE s.state IN ('shown', 'due') AND g.id = s.generation_id
           AND (g.deleted_at IS NOT NULL OR g.hidden_at IS NOT NULL OR g.scrubbed_at IS NOT NULL)
        RETURNING 1)
    SELECT (SELECT count(*) FROM over) + (SELECT count(*) FROM removed)
$$;

-- Takes up to p_limit videos that are to be posted or to go, for p_lease; where to post them is the gallery's place now. While a
-- gallery is off by a rule, nothing comes into it.
CREATE FUNCTION claim_showings(p_limit integer, p_lease interval) RETURNS SETOF showing
LANGUAGE sql AS $$
    UPDATE showing s SET fence = s.fence + 1, tries = s.tries + 1, wake_at = nd_now() + p_lease,
           place = CASE s.state WHEN 'due' THEN g.place ELSE s.place END
      FROM showing o LEFT JOIN gallery g ON g.platform = o.platform AND g.installation = o.installation
     WHERE o.generation_id = s.generation_id AND (g.place IS NOT NULL OR s.state = 'leaving') AND s.generation_id IN (SELECT d.generation_id FROM showing d WHERE d.state IN ('due', 'leaving') AND d.wake_at <= nd_now()
                                  AND (d.state = 'leaving' OR rule_now(d.platform, d.installation, 'gallery', '') IS NULL)
                                ORDER BY d.wake_at LIMIT p_limit FOR UPDATE SKIP LOCKED)
    RETURNING s.*
$$;

-- Votes for a video, or takes the vote back. Nobody votes for their own; when a contest is over, its votes are.
-- status: voted, taken_back, own, over, unknown.
CREATE FUNCTION cast_vote(p_generation uuid, p_platform text, p_installation text, p_user text, OUT status text, OUT votes integer)
LANGUAGE plpgsql AS $$
DECLARE
    s showing;
BEGIN
    SELECT * INTO s FROM showing o WHERE o.generation_id = p_generation AND o.platform = p_platform
       AND o.installation = p_installation AND o.state = 'shown' FOR UPDATE;
    votes := coalesce(s.votes, 0);
    IF s.generation_id IS NULL THEN
        status := 'unknown';
    ELSIF s.user_id = p_user THEN
        status := 'own';
    ELSIF EXISTS (SELECT 1 FROM contest c WHERE c.id = s.contest_id AND (c.state = 'closed' OR c.ends_at <= nd_now())) THEN
        status := 'over';
    ELSE
        DELETE FROM vote v WHERE v.generation_id = p_generation AND v.user_id = p_user;
        status := CASE WHEN FOUND THEN 'taken_back' ELSE 'voted' END;
        IF status = 'voted' THEN
            INSERT INTO vote (generation_id, user_id) VALUES (p_generation, p_user);
        END IF;
        UPDATE showing o SET votes = o.votes + CASE cast_vote.status WHEN 'voted' THEN 1 ELSE -1 END
         WHERE o.generation_id = p_generation RETURNING o.votes INTO cast_vote.votes;
    END IF;
END
$$;

-- Enters a person's video in the contest that is open in its workspace. status: ok, none (there is no contest now), before
-- (it was made before the contest began), twice (they have an entry), no_gallery.
CREATE FUNCTION enter_contest(p_generation uuid, p_platform text, p_installation text, p_user text, p_made timestamptz,
    p_contest uuid) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    c contest;
BEGIN
    SELECT * INTO c FROM contest o WHERE o.id = p_contest AND o.platform = p_platform AND o.installation = p_installation
       AND o.state = 'open' AND o.ends_at > nd_now() FOR SHARE;
    IF NOT FOUND THEN
        RETURN 'none';
    ELSIF p_made < c.starts_at THEN
        RETURN 'before';
    ELSIF NOT EXISTS (SELECT 1 FROM gallery g WHERE g.platform = p_platform AND g.installation = p_installation) THEN
        RETURN 'no_gallery';
    END IF;
    BEGIN
        INSERT INTO showing AS s (generation_id, platform, installation, user_id, contest_id, state)
        VALUES (p_generation, p_platform, p_installation, p_user, c.id, 'waiting')
        ON CONFLICT (generation_id) DO UPDATE SET contest_id = c.id,
            state = CASE WHEN s.state IN ('hidden', 'gone') THEN 'waiting' ELSE s.state END
         WHERE s.contest_id IS NULL AND s.user_id = p_user;
        RETURN CASE WHEN FOUND THEN 'ok' ELSE 'twice' END;
    EXCEPTION WHEN unique_violation THEN
        RETURN 'twice';
    END;
END
$$;

-- The clock of contests and weeks: what begins, what ends with whom in front, and each gallery's best of seven days. Each
-- happens once, whoever looks. Among equals the first one in the gallery is in front.
CREATE FUNCTION turn_of_the_show() RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    c contest;
    g gallery;
    v_best uuid[];
    v_done bigint := 0;
BEGIN
    FOR c IN SELECT * FROM contest o WHERE o.state = 'planned' AND o.starts_at <= nd_now() FOR UPDATE SKIP LOCKED LOOP
        UPDATE contest o SET state = 'open' WHERE o.id = c.id;
        INSERT INTO announcement (platform, installation, kind, contest_id) VALUES (c.platform, c.installation, 'contest_begins', c.id);
        v_done := v_done + 1;
    END LOOP;
    FOR c IN SELECT * FROM contest o WHERE o.state = 'open' AND o.ends_at <= nd_now() FOR UPDATE SKIP LOCKED LOOP
        PERFORM 1 FROM showing s WHERE s.contest_id = c.id ORDER BY s.generation_id FOR UPDATE;  -- votes under way are in, or over
        v_best := ARRAY(SELECT s.generation_id FROM showing s WHERE s.contest_id = c.id AND s.state = 'shown' AND s.votes > 0
                         ORDER BY s.votes DESC, s.shown_at, s.generation_id LIMIT 3);
        UPDATE contest o SET state = 'closed', winner = v_best[1] WHERE o.id = c.id;
        INSERT INTO announcement (platform, installation, kind, contest_id, best)
        VALUES (c.platform, c.installation, 'contest_ends', c.id, v_best);
        v_done := v_done + 1;
    END LOOP;
    FOR g IN SELECT * FROM gallery o WHERE o.best_next <= nd_now() FOR UPDATE SKIP LOCKED LOOP
        v_best := ARRAY(SELECT s.generation_id FROM showing s
                         WHERE s.platform = g.platform AND s.installation = g.installation AND s.state = 'shown' AND s.votes > 0
                           AND s.shown_at > nd_now() - interval '7 days'
                         ORDER BY s.votes DESC, s.shown_at, s.generation_id LIMIT 3);
        UPDATE gallery o SET best_next = nd_now() + interval '7 days'
         WHERE o.platform = g.platform AND o.installation = g.installation;
        IF cardinality(v_best) > 0 AND rule_now(g.platform, g.installation, 'gallery', '') IS NULL THEN
            INSERT INTO announcement (platform, installation, kind, best) VALUES (g.platform, g.installation, 'best', v_best);
        END IF;
        v_done := v_done + 1;
    END LOOP;
    RETURN v_done;
END
$$;

-- Takes up to p_limit announcements that are to be posted, for p_lease.
CREATE FUNCTION claim_announcements(p_limit integer, p_lease interval) RETURNS SETOF announcement
LANGUAGE sql AS $$
    UPDATE announcement a SET fence = a.fence + 1, tries = a.tries + 1, wake_at = nd_now() + p_lease
     WHERE a.id IN (SELECT o.id FROM announcement o WHERE o.state = 'due' AND o.wake_at <= nd_now()
                     ORDER BY o.wake_at LIMIT p_limit FOR UPDATE SKIP LOCKED)
    RETURNING a.*
$$;

-- What was made after the rights were given.
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'neverdark_app') THEN
        PERFORM allow_product_role('neverdark_app');
    END IF;
END
$$;

-- migrate:down
