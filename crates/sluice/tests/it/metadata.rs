//! Contracts and metadata of a product with the built binary and real Git; no workspace is needed.

use std::path::PathBuf;

use serde_json::Value;
use sluice_testkit::Environment;

const PRODUCT: &str = "# The product, for people.
version: 1
name: shop
domain:   sales    # odd blanks stay
kind: consumer-aligned
owner: engineer@sluice.test
steward: steward@sluice.test
support: '#shop'
criticality: low
classification: internal
ports:
  # what others read
  - name: orders
    kind: output
    table: catalog.tables.orders
dependencies: []
verify: []
";

const CATALOG: &str = "version: 1
tables:
  orders:
    name: ${var.catalog}.shop.orders
    comment: Orders by day.
    columns:
      - {name: day, type: date, nullable: false, comment: Day of the order}
      - {name: buyer, type: string}
      - {name: amount, type: \"decimal(10, 2)\"}
    constraints: {primary_key: [day]}
";

const GLOSSARY: &str = "version: 1
domain: sales
terms:
  buyer: {name: Buyer, definition: Somebody who bought.}
  client: {name: Client, definition: Old word., status: deprecated, replaced_by: sales/buyer}
";

struct Shop {
    environment: Environment,
}

impl Shop {
    fn new() -> Self {
        let environment = Environment::new(env!("CARGO_BIN_EXE_sluice"));
        environment.write(
            "platform.yaml",
            "version: 1\nid: trial\nenvironments: []\nglossary: [glossary/sales.yaml]\ntags: {classification: {values: [internal, restricted]}}\n",
        );
        environment.write("glossary/sales.yaml", GLOSSARY);
        environment.write("shop/product.yaml", PRODUCT);
        environment.write("shop/catalog/tables.yml", CATALOG);
        environment.write("shop/notes.txt", "notes\n");
        let shop = Self { environment };
        shop.git(&["init", "--quiet", "--initial-branch", "main"]);
        shop.git(&["add", "--all"]);
        shop.git(&["commit", "--quiet", "--message", "begin"]);
        shop
    }

    /// With a contract that `init-contract` made.
    fn with_contract() -> Self {
        let shop = Self::new();
        let _made = shop.sluice(&["metadata", "init-contract", "orders"]).success();
        shop
    }

    fn root(&self) -> PathBuf {
        self.environment.work().join("shop")
    }

    fn sluice(&self, arguments: &[&str]) -> sluice_testkit::Finished {
        self.environment.sluice_in("shop", arguments)
    }

    fn git(&self, arguments: &[&str]) -> String {
        self.environment.git("shop", arguments).success().trim().to_owned()
    }

    fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.root().join(file)).unwrap()
    }

    fn commits(&self) -> Vec<String> {
        self.git(&["log", "--format=%s"]).lines().map(str::to_owned).collect()
    }

    /// Runs a command that must be refused, and shows that nothing changed.
    fn refused(&self, code: i32, arguments: &[&str]) -> String {
        let before = (
            self.git(&["rev-parse", "HEAD"]),
            self.git(&["status", "--porcelain"]),
            self.git(&["diff"]),
        );
        let message = self.sluice(arguments).failure(code).to_owned();
        let after = (
            self.git(&["rev-parse", "HEAD"]),
            self.git(&["status", "--porcelain"]),
            self.git(&["diff"]),
        );
        assert_eq!(after, before, "{arguments:?} changed something");
        message
    }
}

const CONTRACT: &str = "contracts/orders.odcs.yaml";

#[test]
fn a_contract_begins_with_its_table_and_one_commit() {
    let shop = Shop::with_contract();
    assert_eq!(shop.commits(), ["metadata: begin the contract of orders", "begin"]);
    assert_eq!(shop.git(&["status", "--porcelain"]), "");
    let bound = PRODUCT.replace(
        "    table: catalog.tables.orders\n",
        "    table: catalog.tables.orders\n    contract: contracts/orders.odcs.yaml\n",
    );
    assert_eq!(shop.read("product.yaml"), bound);
    let contract = shop.sluice(&["contract", "export", "orders", "-o", "json"]).json();
    let properties = &contract["schema"][0]["properties"];
    assert_eq!(
        properties[0],
        serde_json::json!({"name": "day", "logicalType": "date", "physicalType": "date", "description": "Day of the order",
            "required": true, "primaryKey": true, "primaryKeyPosition": 1})
    );
    assert_eq!(properties[2]["physicalType"], "decimal(10, 2)");
    let checked = shop.sluice(&["contract", "check", "-o", "json"]).json();
    assert_eq!(checked["findings"], serde_json::json!([]));
    assert_eq!(checked["contracts"][0]["port"], "orders");
    let message = shop.refused(2, &["metadata", "init-contract", "orders"]);
    assert!(message.contains("port `orders` has a contract"), "{message}");
}

#[test]
fn edits_keep_every_other_byte_and_make_one_commit_each() {
    let shop = Shop::with_contract();
    let product = shop.read("product.yaml");
    let edits: [&[&str]; 5] = [
        &["metadata", "set", "regulation.dora.rto", "PT4H"],
        &[
            "metadata",
            "describe",
            "orders.buyer",
            "Who bought: \"name\" # not a comment",
        ],
        &["metadata", "term", "orders.buyer", "sales/buyer"],
        &["metadata", "tag", "orders.buyer", "classification=restricted"],
        &["metadata", "tag", "orders", "layer=gold"],
    ];
    for edit in edits {
        let before = shop.commits().len();
        let answer = shop.sluice(&[edit, &["-o", "json"]].concat()).json();
        assert_eq!(shop.commits().len(), before + 1, "{edit:?}");
        assert_eq!(answer["commit"], shop.git(&["rev-parse", "HEAD"]).as_str());
        assert_eq!(shop.git(&["status", "--porcelain"]), "");
        // Nothing but additions; a map on one line grows at its end.
        let shown = shop.git(&["show", "--format=", "--unified=0", "HEAD"]);
        let lines = |sign: char| -> Vec<&str> {
            let changed = shown
                .lines()
                .filter(|line| line.starts_with(sign) && !line.starts_with(&format!("{sign}{sign}{sign}")));
            changed.map(|line| line[1..].trim_end_matches(['}', ' '])).collect()
        };
        let added = lines('+').join("\n");
        assert!(lines('-').iter().all(|line| added.contains(line)), "{edit:?}: {shown}");
        // Once more changes nothing, and commits nothing.
        let bytes = (shop.read("product.yaml"), shop.read(CONTRACT));
        let again = shop.sluice(&[edit, &["-o", "json"]].concat()).json();
        assert_eq!(
            (&again["files"], &again["commit"]),
            (&serde_json::json!([]), &Value::Null)
        );
        assert_eq!((shop.read("product.yaml"), shop.read(CONTRACT)), bytes);
        assert_eq!(shop.commits().len(), before + 1);
    }
    assert_eq!(
        shop.commits()[..2],
        [
            "metadata: tag orders layer=gold",
            "metadata: tag orders.buyer classification=restricted"
        ]
    );
    let shown = shop.sluice(&["metadata", "show", "-o", "json"]).json();
    assert_eq!(
        shown["contracts"][0]["columns"][1],
        serde_json::json!({"name": "buyer", "description": "Who bought: \"name\" # not a comment", "classification": "restricted",
            "terms": ["sales/buyer"]})
    );
    assert_eq!(shown["product"]["regulation"]["dora"]["rto"], "PT4H");
    let _removed = shop.sluice(&["metadata", "unset", "regulation"]).success();
    assert_eq!(shop.read("product.yaml"), product);
}

#[test]
fn what_is_there_already_but_not_committed_is_said() {
    let shop = Shop::with_contract();
    let edit = ["metadata", "set", "regulation.dora.rto", "PT4H"];
    let _left = shop.sluice(&[edit.as_slice(), &["--no-commit"]].concat()).success();
    let again = shop.sluice(&edit).success().to_owned();
    assert_eq!(again, "Nothing to change, but product.yaml is not committed yet\n");
    let answer: Value =
        serde_json::from_str(shop.sluice(&[edit.as_slice(), &["-o", "json"]].concat()).success()).unwrap();
    assert_eq!(
        answer,
        serde_json::json!({"files": [], "commit": null, "uncommitted": ["product.yaml"]})
    );
    shop.git(&["commit", "--quiet", "--all", "--message", "kept"]);
    assert_eq!(shop.sluice(&edit).success(), "Nothing to change\n");
}

#[test]
fn input_that_is_wrong_changes_nothing() {
    let shop = Shop::with_contract();
    let cases: [(&[&str], &str); 8] = [
        (
            &["metadata", "term", "orders.buyer", "sales/byer"],
            "the glossary has no term `sales/byer`\n  help: did you mean `sales/buyer`?",
        ),
        (
            &["metadata", "term", "orders.buyer", "sales/client"],
            "term `sales/client` is deprecated",
        ),
        (
            &["metadata", "tag", "orders.buyer", "classification=restriced"],
            "`restriced` is not an allowed value of tag `classification`\n  help: did you mean `restricted`?",
        ),
        (
            &["metadata", "tag", "orders", "classification"],
            "tag `classification` needs a value",
        ),
        (
            &["metadata", "describe", "orders.bayer", "x"],
            "has no column `bayer`\n  in contracts/orders.odcs.yaml:1:1\n  help: did you mean `buyer`?",
        ),
        (
            &["metadata", "describe", "order", "x"],
            "`product.yaml` has no port `order`",
        ),
        (
            &["metadata", "set", "regulation.dora.rto", "4h"],
            "`4h` is not a duration\n  at regulation.dora.rto\n  in product.yaml:",
        ),
        (
            &["metadata", "set", "criticality", "huge"],
            "`huge` is not a value of `criticality`",
        ),
    ];
    for (arguments, expected) in cases {
        let message = shop.refused(2, arguments);
        assert!(message.contains(expected), "{arguments:?}: {message}");
    }
}

#[test]
fn work_of_others_is_not_taken_along() {
    let shop = Shop::with_contract();
    shop.environment.write("shop/notes.txt", "notes, staged\n");
    shop.git(&["add", "notes.txt"]);
    let _edited = shop.sluice(&["metadata", "set", "usage", "By day"]).success();
    assert_eq!(shop.git(&["show", "--format=", "--name-only", "HEAD"]), "product.yaml");
    assert_eq!(shop.git(&["status", "--porcelain"]), "M  notes.txt");

    let dirty = format!("{}# mine\n", shop.read("product.yaml"));
    shop.environment.write("shop/product.yaml", &dirty);
    let message = shop.refused(3, &["metadata", "set", "usage", "By week"]);
    assert!(
        message.contains("`product.yaml` has changes that are not committed"),
        "{message}"
    );
    let commits = shop.commits();
    let _kept = shop
        .sluice(&["metadata", "set", "usage", "By week", "--no-commit"])
        .success();
    assert_eq!(shop.read("product.yaml"), dirty.replace("By day", "By week"));
    assert_eq!(shop.commits(), commits);
}

#[test]
fn a_failed_commit_leaves_the_files_as_they_were() {
    let shop = Shop::with_contract();
    // Somebody else is committing.
    shop.environment.write("shop/.git/index.lock", "");
    let before = shop.read(CONTRACT);
    let message = shop
        .sluice(&["metadata", "describe", "orders", "x"])
        .failure(2)
        .to_owned();
    assert!(message.contains("index.lock"), "{message}");
    std::fs::remove_file(shop.root().join(".git/index.lock")).unwrap();
    assert_eq!(
        (shop.read(CONTRACT), shop.git(&["status", "--porcelain"])),
        (before, String::new())
    );
}

#[test]
fn contract_check_finds_everything_with_its_place() {
    let shop = Shop::with_contract();
    let contract = shop
        .read(CONTRACT)
        .replace("version: 1.0.0", "version: 1.0\nhouse: mine")
        .replace("logicalType: string", "logicalType: strng");
    shop.environment.write("shop/contracts/orders.odcs.yaml", &contract);
    let malformed = shop.sluice(&["contract", "check"]);
    assert_eq!(malformed.code, Some(1));
    let line = |text: &str| contract.lines().position(|line| line.contains(text)).unwrap() + 1;
    for expected in [
        format!(
            "error: `version` must be a text, not number\n  at version\n  in {CONTRACT}:{}:",
            line("version: 1.0")
        ),
        format!(
            "error: unknown key `house`\n  at house\n  in {CONTRACT}:{}:1",
            line("house")
        ),
        format!(
            "error: `strng` is not a value of `schema[0].properties[1].logicalType`\n  at schema[0].properties[1].logicalType\n  in {CONTRACT}:{}:",
            line("strng")
        ),
    ] {
        assert!(
            malformed.stdout.contains(&expected),
            "{expected}\n---\n{}",
            malformed.stdout
        );
    }
    assert!(
        malformed.stdout.ends_with("Found 3 errors and 0 other findings\n"),
        "{}",
        malformed.stdout
    );

    let unfit = shop
        .git(&["show", &format!("HEAD:{CONTRACT}")])
        .replace(
            "physicalType: string",
            "physicalType: int, classification: secret, tags: [classification=open]",
        )
        .replace("name: amount", "name: amont")
        + "\nauthoritativeDefinitions: [{type: businessDefinition, url: \"glossary://sales/client\"}]\n";
    shop.environment.write("shop/contracts/orders.odcs.yaml", &unfit);
    let report = shop.sluice(&["contract", "check", "-o", "json"]);
    assert_eq!(report.code, Some(1));
    let report: Value = serde_json::from_str(&report.stdout).unwrap();
    let findings: Vec<&str> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["summary"].as_str().unwrap())
        .collect();
    assert_eq!(
        findings,
        [
            "column `buyer` is `int` in the contract and `string` in the table",
            "the table has no column `amont`",
            "column `amount` of the table is not in the contract",
            "term `sales/client` is deprecated",
            "`open` is not an allowed value of tag `classification`",
            "`secret` is not an allowed value of tag `classification`",
        ]
    );
    assert!(
        report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .all(|one| one["locations"][0]["file"] == CONTRACT)
    );

    std::fs::remove_file(shop.root().join(CONTRACT)).unwrap();
    let missing = shop.sluice(&["contract", "check"]);
    assert!(
        missing
            .stdout
            .contains("the contract `contracts/orders.odcs.yaml` of port `orders` cannot be read"),
        "{}",
        missing.stdout
    );
    assert!(missing.stdout.contains("in product.yaml:"), "{}", missing.stdout);
}

#[test]
fn a_data_sheet_shows_the_contract_to_people() {
    let shop = Shop::with_contract();
    let _edited = shop
        .sluice(&["metadata", "describe", "orders.buyer", "a | b"])
        .success();
    let sheet = shop.sluice(&["contract", "export", "orders"]);
    let sheet = sheet.success();
    for expected in [
        "# orders\n",
        "| Contract | shop-orders |",
        "| day (key) | date | no |  |  | Day of the order |",
        "| buyer | string | yes |  |  | a \\| b |",
    ] {
        assert!(sheet.contains(expected), "{expected}\n---\n{sheet}");
    }
    let message = shop.sluice(&["contract", "export", "order"]).failure(2).to_owned();
    assert!(
        message.contains("no port `order` with a contract\nhint: did you mean `orders`?"),
        "{message}"
    );
}
