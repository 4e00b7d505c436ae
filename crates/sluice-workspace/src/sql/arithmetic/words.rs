//! Words of SQL that tell where an operand begins and ends. Pure.

use sqlparser::tokenizer::{Token, Word};

/// Words that are part of no operand.
pub(super) const BREAKS: &str = "ALL AND ANTI ANY AS ASC AT BETWEEN BY CLUSTER COLLATE CROSS DELETE DESC DESCRIBE DISTINCT DISTRIBUTE DIV ELSE END ESCAPE \
    EXCEPT EXISTS EXPLAIN EXTENDED FROM FULL GROUP HAVING ILIKE IN INNER INSERT INTERSECT INTO IS JOIN LATERAL LEFT LIKE LIMIT \
    MATCHED MERGE MINUS NATURAL NOT NULLS OFFSET ON OR ORDER OUTER OVER OVERWRITE PARTITION PRECEDING FOLLOWING QUALIFY RANGE \
    REGEXP REPLACE RIGHT RLIKE ROWS SELECT SEMI SET SOME SORT TABLE TABLESAMPLE THEN UNION UPDATE USING VALUES VIEW WHEN WHERE \
    WINDOW WITH WITHIN IGNORE RESPECT CREATE";
/// Those of them that are also names of functions.
pub(super) const FUNCTIONS: &str = "LEFT RIGHT REPLACE INSERT RANGE ANY SOME";
/// What ends the columns of a SELECT.
pub(super) const ENDS: &str = "FROM WHERE GROUP HAVING ORDER LIMIT OFFSET UNION EXCEPT MINUS INTERSECT WINDOW QUALIFY LATERAL CLUSTER DISTRIBUTE SORT";
/// Types that a cast may narrow to.
pub(super) const NUMBERS: &str = "TINYINT BYTE SMALLINT SHORT INT INTEGER BIGINT LONG DECIMAL DEC NUMERIC";
/// What an interval counts.
pub(super) const UNITS: &str = "YEAR YEARS MONTH MONTHS WEEK WEEKS DAY DAYS HOUR HOURS MINUTE MINUTES SECOND SECONDS MILLISECOND MILLISECONDS MICROSECOND \
    MICROSECONDS";

/// Whether a token is this word, without quotes.
pub(super) fn is_word(token: &Token, word: &str) -> bool {
    matches!(token, Token::Word(Word { value, quote_style: None, .. }) if value.eq_ignore_ascii_case(word))
}

/// Whether a token is one of these words.
pub(super) fn is_any(token: &Token, words: &str) -> bool {
    words.split(' ').any(|word| is_word(token, word))
}
