//! Names of columns that look like data about people.

/// Words in a name, with what they mean. A name matches when its words hold all of an entry's, in order, side by side.
const DETECTORS: [(&str, &str); 32] = [
    ("email", "email"),
    ("e_mail", "email"),
    ("phone", "phone"),
    ("mobile", "phone"),
    ("msisdn", "phone"),
    ("fax", "phone"),
    ("iban", "iban"),
    ("bic", "bank"),
    ("account_holder", "bank"),
    ("ssn", "national id"),
    ("social_security", "national id"),
    ("national_id", "national id"),
    ("passport", "national id"),
    ("tax_id", "national id"),
    ("dob", "birth date"),
    ("date_of_birth", "birth date"),
    ("birth_date", "birth date"),
    ("birthdate", "birth date"),
    ("birthday", "birth date"),
    ("first_name", "name of a person"),
    ("firstname", "name of a person"),
    ("last_name", "name of a person"),
    ("lastname", "name of a person"),
    ("surname", "name of a person"),
    ("full_name", "name of a person"),
    ("street", "address"),
    ("postal_address", "address"),
    ("home_address", "address"),
    ("ip_address", "ip address"),
    ("card_number", "card number"),
    ("pan", "card number"),
    ("gender", "gender"),
];

/// What a column's name looks like; none when it looks like nothing personal.
pub(super) fn detect(name: &str) -> Option<&'static str> {
    let words = words(name);
    DETECTORS
        .iter()
        .find(|(wanted, _)| {
            let wanted: Vec<&str> = wanted.split('_').collect();
            words.windows(wanted.len()).any(|found| found == wanted)
        })
        .map(|(_, meaning)| *meaning)
}

/// The words of a name in snake, kebab or camel case, in lower case.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut lower_before = false;
    for one in name.chars() {
        let boundary = !one.is_alphanumeric() || (one.is_uppercase() && lower_before);
        if boundary && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| one.is_alphanumeric()) {
            word.extend(one.to_lowercase());
        }
        lower_before = one.is_lowercase();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_personal_columns_are_seen_in_every_spelling_and_others_are_not() {
        for (name, meaning) in [
            ("customer_email", "email"),
            ("customerEMail", "email"),
            ("HOME-PHONE", "phone"),
            ("dateOfBirth", "birth date"),
            ("firstName", "name of a person"),
        ] {
            assert_eq!(detect(name), Some(meaning), "{name}");
        }
        for name in [
            "carrier",
            "carrier_name",
            "company",
            "span",
            "tailnum",
            "emailed",
            "pandas",
        ] {
            assert_eq!(detect(name), None, "{name}");
        }
    }
}
