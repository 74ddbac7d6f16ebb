-- Names are compared by their bytes and not by the rules of a language, so that a page of a list goes
-- on where the last one ended, on both engines, whatever locale the database has and however that
-- locale changes with its operating system.
CREATE DOMAIN plain_text AS text COLLATE "C";
