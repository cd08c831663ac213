-- Devices and who they are to the gateway.
CREATE TABLE IF NOT EXISTS device (
    family         TEXT NOT NULL,
    serial         TEXT NOT NULL,
    name           TEXT,
    entry_current  BLOB UNIQUE,          -- keyed hash of the secret entry point; NULL where the family has none
    entry_previous BLOB UNIQUE,          -- the one before, valid until retired
    suspended      INTEGER NOT NULL DEFAULT 0,
    expires_ms     INTEGER,          -- end of the subscription, Unix milliseconds
    added_ms       INTEGER NOT NULL,
    PRIMARY KEY (family, serial)
) STRICT;

-- One row per message that was answered with success.
CREATE TABLE IF NOT EXISTS message (
    id          INTEGER PRIMARY KEY,
    key         BLOB NOT NULL UNIQUE, -- idempotency: storing twice stores once
    family      TEXT NOT NULL,
    serial      TEXT NOT NULL,
    kind        TEXT NOT NULL,        -- name of the message on the wire
    received_ms INTEGER NOT NULL,
    detail      TEXT NOT NULL,        -- JSON: what concerns the whole message
    body        BLOB NOT NULL,        -- the message as received
    holders     INTEGER NOT NULL DEFAULT 1 -- copies of the message that have relied on the row, and have not given it up
) STRICT;
CREATE INDEX IF NOT EXISTS message_device ON message (family, serial, received_ms);

-- One row per observation.
CREATE TABLE IF NOT EXISTS observation (
    message  INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    channel  INTEGER NOT NULL,
    name     TEXT,
    quantity TEXT NOT NULL,
    unit     TEXT,
    value    TEXT,                    -- exact, as written by the device; NULL unless quality is 'good'
    quality  TEXT NOT NULL,
    error    INTEGER,                 -- error number, if the device gave one
    alarm    TEXT NOT NULL,
    raw      TEXT,                    -- text on the wire
    taken_ms INTEGER NOT NULL,
    basis    TEXT NOT NULL,           -- how taken_ms is known
    PRIMARY KEY (message, channel, quantity)
) STRICT, WITHOUT ROWID;

-- Messages that can never be read, kept as they came and confirmed: a device with a memory would send them first for ever.
CREATE TABLE IF NOT EXISTS quarantine (
    id          INTEGER PRIMARY KEY,
    key         BLOB NOT NULL UNIQUE,
    family      TEXT NOT NULL,        -- of the entry point that they came to
    serial      TEXT NOT NULL,
    received_ms INTEGER NOT NULL,
    error       TEXT NOT NULL,
    body        BLOB NOT NULL,
    holders     INTEGER NOT NULL DEFAULT 1 -- as those of a message
) STRICT;

-- Secrets of devices with sessions, masked with a key that lies beside the database.
CREATE TABLE IF NOT EXISTS tcp_key (
    serial TEXT NOT NULL,
    key_id INTEGER NOT NULL,
    salt   BLOB NOT NULL,
    masked BLOB NOT NULL,
    PRIMARY KEY (serial, key_id)
) STRICT, WITHOUT ROWID;

-- What is kept of such a device (wifisensor-tcp, section 11).
CREATE TABLE IF NOT EXISTS tcp_device (
    serial        TEXT PRIMARY KEY,
    log_id        INTEGER,            -- the current log; NULL before the first session
    stored        INTEGER,            -- all its samples with lower numbers are stored, or were lost at the device
    config        BLOB,               -- the configuration that is wanted
    config_result INTEGER,            -- what the device said to it
    rotate_key_id INTEGER,            -- the key change under way
    rotate_nonce  BLOB,
    rotate_result INTEGER             -- what the device said to it
) STRICT, WITHOUT ROWID;

-- Samples that were overwritten at the device before they were uploaded.
CREATE TABLE IF NOT EXISTS tcp_lost (
    serial   TEXT NOT NULL,
    log_id   INTEGER NOT NULL,
    oldest   INTEGER NOT NULL,        -- the first that is lost
    next     INTEGER NOT NULL,        -- the first after it that is not
    noted_ms INTEGER NOT NULL,
    PRIMARY KEY (serial, log_id, oldest)
) STRICT, WITHOUT ROWID;

-- What an operator has ordered and the guard has not done yet.
CREATE TABLE IF NOT EXISTS gate_order (
    family  TEXT NOT NULL,
    serial  TEXT NOT NULL,
    suspend INTEGER NOT NULL,         -- 1: shut the flow, 0: open it
    PRIMARY KEY (family, serial)
) STRICT, WITHOUT ROWID;

-- One row once a guard beside this database has kept records: from then on it must not start empty.
CREATE TABLE IF NOT EXISTS guard (
    one      INTEGER PRIMARY KEY CHECK (one = 1),
    begun_ms INTEGER NOT NULL
) STRICT;

-- Devices with certificates: the rows of the registry (device-trust, part B).
CREATE TABLE IF NOT EXISTS certified (
    family    TEXT NOT NULL,
    serial    TEXT NOT NULL,
    device_id TEXT NOT NULL,          -- the identity that its certificates name
    project   TEXT,                   -- where its data goes; NULL: nowhere, its sessions are refused
    revoked   INTEGER NOT NULL DEFAULT 0,
    present   BLOB UNIQUE,            -- SHA-256 of its certificate
    next      BLOB UNIQUE,            -- of the one that is to replace it
    PRIMARY KEY (family, serial)
) STRICT, WITHOUT ROWID;

-- The project of a message: the one that its device was bound to when it arrived.
CREATE TABLE IF NOT EXISTS message_project (
    message INTEGER PRIMARY KEY REFERENCES message (id) ON DELETE CASCADE,
    project TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS message_project_project ON message_project (project, message);

-- The highest security counter of an image that was served to a class of devices.
CREATE TABLE IF NOT EXISTS update_counter (
    class    BLOB PRIMARY KEY,        -- UUID_CID of the images
    counter  INTEGER NOT NULL,
    since_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Device types of the Sigfox network: whose callbacks share an address and a secret, and whose payloads mean the same.
CREATE TABLE IF NOT EXISTS sigfox_type (
    name         TEXT PRIMARY KEY,
    header       TEXT,                -- that carries the secret, in lower case; NULL: the last segment of the path
    line_pattern TEXT,                -- of batches
    wrap         INTEGER NOT NULL DEFAULT 4096, -- numbers of the message counter
    salt         BLOB NOT NULL,       -- the secret, masked
    masked       BLOB NOT NULL,
    old_salt     BLOB,                -- the one before, valid until retired
    old_masked   BLOB,
    revision     INTEGER NOT NULL DEFAULT 0, -- rises whenever its descriptions change
    added_ms     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What payloads of a device type mean, as its owner has said.
CREATE TABLE IF NOT EXISTS sigfox_description (
    type   TEXT NOT NULL REFERENCES sigfox_type (name),
    model  TEXT NOT NULL,             -- for devices of this model; empty: for all that have none of their own
    number INTEGER NOT NULL,
    kind   TEXT NOT NULL,             -- 'layout' or 'configuration'
    text   TEXT NOT NULL,
    PRIMARY KEY (type, model, number)
) STRICT, WITHOUT ROWID;

-- To which device type a device belongs; and its radio key, masked, if frames of it are taken.
CREATE TABLE IF NOT EXISTS sigfox_device (
    family TEXT NOT NULL,
    serial TEXT NOT NULL,
    type   TEXT NOT NULL REFERENCES sigfox_type (name),
    model  TEXT,                      -- as its owner has named it
    salt   BLOB,
    masked BLOB,
    PRIMARY KEY (family, serial)
) STRICT, WITHOUT ROWID;

-- What there is of a Sigfox message beside its row in `message`.
CREATE TABLE IF NOT EXISTS sigfox_message (
    message     INTEGER PRIMARY KEY REFERENCES message (id) ON DELETE CASCADE,
    type        TEXT NOT NULL,
    archive     TEXT,                 -- what all its callbacks said, merged; NULL for frames, which are in `message.body`
    time_s      INTEGER,
    seq         INTEGER,
    answered    INTEGER NOT NULL DEFAULT 0, -- it asked, and was answered: with the downlink that names it, or with nothing
    revision    INTEGER NOT NULL,     -- of the descriptions that it was last decoded with
    description TEXT,                 -- the one that fits; NULL: the payload stays raw
    version     INTEGER,
    confidence  TEXT,                 -- 'confirmed' or 'unconfirmed'
    diagnostic  TEXT,                 -- why it stays raw: 'none' or 'several' descriptions fit
    undescribed TEXT                  -- JSON: bits that the description does not cover, as [byte, mask, bits]
) STRICT;
CREATE INDEX IF NOT EXISTS sigfox_message_type ON sigfox_message (type, revision);

-- Devices that were registered a moment ago: what came of them before is in `quarantine`, and is taken in.
CREATE TABLE IF NOT EXISTS sigfox_adoption (
    serial TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS quarantine_device ON quarantine (family, serial);

-- Decoded values that another description has replaced.
CREATE TABLE IF NOT EXISTS superseded (
    message       INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    revision      INTEGER NOT NULL,
    channel       INTEGER NOT NULL,
    name          TEXT,
    quantity      TEXT NOT NULL,
    unit          TEXT,
    value         TEXT,
    quality       TEXT NOT NULL,
    raw           TEXT,
    description   TEXT,
    version       INTEGER,
    confidence    TEXT,
    superseded_ms INTEGER NOT NULL,
    PRIMARY KEY (message, revision, channel, quantity)
) STRICT, WITHOUT ROWID;

-- Downlinks: pending until a message that asks is given one. What takes back the message takes back the giving.
CREATE TABLE IF NOT EXISTS downlink (
    id         INTEGER PRIMARY KEY,
    serial     TEXT NOT NULL,
    data       BLOB NOT NULL,
    added_ms   INTEGER NOT NULL,
    message    INTEGER UNIQUE REFERENCES message (id) ON DELETE SET NULL,
    time_s     INTEGER,               -- of that message: acknowledgements name it
    outcome    TEXT,                  -- 'transmitted', 'received', why it was not, or why it cannot be sent
    outcome_ms INTEGER
) STRICT;
CREATE INDEX IF NOT EXISTS downlink_serial ON downlink (serial, time_s);

-- Numbers that are missing between two messages of a device. A step to 0 is a wrap, or a restart of the device (sigfox-callback, section 6):
-- nothing is known to be lost. The guard takes no frame after a restart.
CREATE VIEW IF NOT EXISTS sigfox_lost AS
    SELECT family, serial, time_s, seq, CASE WHEN restart THEN 0 ELSE missing END AS lost,
           CASE WHEN restart THEN missing ELSE 0 END AS if_wrapped
    FROM (SELECT *, (seq - before - 1) & (wrap - 1) AS missing, seq = 0 AND family = 'sigfox' AS restart
          FROM (SELECT m.family, m.serial, s.time_s, s.seq, t.wrap,
                       lag(s.seq) OVER (PARTITION BY m.family, m.serial ORDER BY s.time_s, m.id) AS before
                FROM sigfox_message s JOIN message m ON m.id = s.message JOIN sigfox_type t ON t.name = s.type
                WHERE s.seq IS NOT NULL))
    WHERE before <> seq AND missing > 0;

-- For people.
CREATE VIEW IF NOT EXISTS reading AS
    SELECT strftime('%Y-%m-%dT%H:%M:%fZ', o.taken_ms / 1000.0, 'unixepoch') AS taken,
           m.family, m.serial, d.name AS device, o.channel, o.name, o.quantity, o.value, o.unit, o.quality, o.alarm,
           CASE WHEN o.channel > 0 THEN s.confidence END AS confidence, p.project
    FROM observation o
    JOIN message m ON m.id = o.message
    LEFT JOIN sigfox_message s ON s.message = o.message
    LEFT JOIN message_project p ON p.message = o.message
    LEFT JOIN device d ON d.family = m.family AND d.serial = m.serial;
