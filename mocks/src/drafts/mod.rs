//! Sample documents of an invented inspection campaign: deterministic, realistic, valid unless asked otherwise.
