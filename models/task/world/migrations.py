"""The tables of the world, as they grew: a world's file goes through the scripts that it has not seen."""

from __future__ import annotations

# One script for each version of the tables; PRAGMA user_version counts those that a file has been through.
MIGRATIONS = (
    """
    CREATE TABLE resident (user TEXT PRIMARY KEY, place TEXT NOT NULL, coins INTEGER NOT NULL CHECK (coins >= 0));
    CREATE TABLE holding (
        user TEXT NOT NULL REFERENCES resident, item TEXT NOT NULL, quantity INTEGER NOT NULL CHECK (quantity > 0),
        PRIMARY KEY (user, item)
    );
    CREATE TABLE fact (
        id INTEGER PRIMARY KEY, user TEXT NOT NULL REFERENCES resident, text TEXT NOT NULL, told_at REAL NOT NULL,
        UNIQUE (user, text)
    );
    CREATE VIRTUAL TABLE fact_words USING fts5 (text, content=fact, content_rowid=id, tokenize='porter unicode61');
    CREATE TRIGGER fact_told AFTER INSERT ON fact BEGIN
        INSERT INTO fact_words (rowid, text) VALUES (new.id, new.text);
    END;
    """,
    # What is searched is no longer the text itself: where words are not parted by spaces, the index must be given them.
    """
    ALTER TABLE fact ADD COLUMN words TEXT NOT NULL DEFAULT '';
    UPDATE fact SET words = text;
    DROP TRIGGER fact_told;
    DROP TABLE fact_words;
    CREATE VIRTUAL TABLE fact_words USING fts5 (words, content=fact, content_rowid=id, tokenize='porter unicode61');
    INSERT INTO fact_words (rowid, words) SELECT id, words FROM fact;
    CREATE TRIGGER fact_told AFTER INSERT ON fact BEGIN
        INSERT INTO fact_words (rowid, words) VALUES (new.id, new.words);
    END;
    """,
    """
    CREATE TABLE timer (
        id INTEGER PRIMARY KEY AUTOINCREMENT, user TEXT NOT NULL REFERENCES resident, label TEXT NOT NULL,
        seconds INTEGER NOT NULL, ends_at REAL NOT NULL, say TEXT NOT NULL
    );
    """,
    # What was traded can be taken back, and a walk too. Quantity and coins of a sale are below zero.
    """
    ALTER TABLE resident ADD COLUMN before TEXT NOT NULL DEFAULT '';
    CREATE TABLE trade (
        id INTEGER PRIMARY KEY AUTOINCREMENT, user TEXT NOT NULL REFERENCES resident, item TEXT NOT NULL,
        quantity INTEGER NOT NULL CHECK (quantity <> 0), coins INTEGER NOT NULL, agreed INTEGER, traded_at REAL NOT NULL
    );
    CREATE TABLE bargain (
        user TEXT NOT NULL REFERENCES resident, item TEXT NOT NULL, price INTEGER NOT NULL, PRIMARY KEY (user, item)
    );
    CREATE TABLE budget (
        id INTEGER PRIMARY KEY AUTOINCREMENT, user TEXT NOT NULL REFERENCES resident, coins INTEGER NOT NULL,
        since INTEGER NOT NULL
    );
    """,
    # Users have names, and facts can be forgotten, also by the index of their words.
    """
    ALTER TABLE resident ADD COLUMN name TEXT NOT NULL DEFAULT '';
    CREATE TRIGGER fact_forgotten AFTER DELETE ON fact BEGIN
        INSERT INTO fact_words (fact_words, rowid, words) VALUES ('delete', old.id, old.words);
    END;
    """,
)
