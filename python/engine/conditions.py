"""The error conditions of Spark for errors that the engine reports in words of its own.

The engine gives most of its errors no condition, and programs tell errors apart by condition. Starts at `condition`; an error that is not known here
keeps its text and has none.
"""

import re

# What the engine (pysail 0.7) writes, the condition, and its SQL state. The first that fits counts.
_KNOWN = [
    (r"remainder by zero", "REMAINDER_BY_ZERO", "22012"),
    (r"divide by zero|division by zero", "DIVIDE_BY_ZERO", "22012"),
    (r"arithmetic overflow|overflow happened|overflow on negative", "ARITHMETIC_OVERFLOW", "22003"),
    (r"too large to store in a decimal|too small to store in a decimal|cannot cast to decimal.*overflowing", "NUMERIC_VALUE_OUT_OF_RANGE", "22003"),
    (r"cannot get result type for decimal operation", "UNSUPPORTED_FEATURE", "0A000"),
    (r"can't cast value|value out of range|value of \S+ is out of range", "CAST_OVERFLOW", "22003"),
    (r"cannot cast (string|value)|error parsing timestamp|cast error", "CAST_INVALID_INPUT", "22018"),
    (r"element_at: the index is out of bounds", "INVALID_ARRAY_INDEX_IN_ELEMENT_AT", "22003"),
    (r"merge_cardinality_violation", "DELTA_MULTIPLE_SOURCE_ROW_MATCHING_TARGET_ROW_IN_MERGE", "21506"),
    (r"failed to commit transaction|concurrent (append|delete|transaction|write)|version already exists|conflicting commit", "DELTA_CONCURRENT_WRITE", "2D521"),
    (r"missing commit file", "DELTA_VERSIONS_NOT_CONTIGUOUS", "KD00C"),
    (r"input schema for insert has \d+ fields", "INSERT_COLUMN_ARITY_MISMATCH", "21S01"),
    (r"replace ?where.*(mismatch|does not match|violat)|data written out does not match", "DELTA_REPLACE_WHERE_MISMATCH", "44000"),
    (r"does not support logical expression (insubquery|exists|scalarsubquery)", "UNSUPPORTED_FEATURE", "0A000"),
    (r"unknown (table )?function", "UNRESOLVED_ROUTINE", "42883"),
    (r"^tablesample with", "UNSUPPORTED_FEATURE", "0A000"),
    (r"^(not implemented: |unsupported: )?function: \w+$", "UNSUPPORTED_FEATURE", "0A000"),
    (r"no version of the delta table exists at or before", "DELTA_TIMESTAMP_EARLIER_THAN_COMMIT_RETENTION", "42816"),
    (r'no field named [^ ]*"#\d', "MISSING_AGGREGATION", "42803"),
    (r"missing from the schema|cannot resolve update target column|cannot resolve attribute|no field named", "UNRESOLVED_COLUMN", "42703"),
    (r"stream removed|statuscode\.unavailable", "INTERNAL_ERROR", "XX000"),
    (r"must (be part of|appear in) the group by|not in group by|could not be resolved from available columns", "MISSING_AGGREGATION", "42803"),
    (r"^invalid argument: found .* expected", "PARSE_SYNTAX_ERROR", "42601"),
]
_COMPILED = [(re.compile(pattern, re.IGNORECASE | re.DOTALL), condition, state) for pattern, condition, state in _KNOWN]


def condition(text):
    """Condition and SQL state of an error of the engine by its text; a pair of None when nothing is known."""
    return next(((name, state) for pattern, name, state in _COMPILED if pattern.search(text)), (None, None))
