//! `sluice contract diff` with the built binary and real Git; no workspace is needed.

use serde_json::Value;
use sluice_testkit::Environment;

const PRODUCT: &str = "version: 1
name: shop
domain: sales
kind: consumer-aligned
owner: engineer@sluice.test
steward: steward@sluice.test
support: '#shop'
criticality: low
classification: internal
ports:
  - {name: orders, kind: output, contract: contracts/orders.odcs.yaml}
  - {name: buyers, kind: output, contract: contracts/buyers.odcs.yaml}
dependencies: []
verify: []
";

const ORDERS: &str = "apiVersion: v3.2.0
kind: DataContract
id: orders
version: 1.0.0
status: active
schema:
  - name: orders
    properties:
      - {name: day, physicalType: date, required: true}
      - {name: amount, physicalType: int}
";

fn shop() -> Environment {
    let environment = Environment::new(env!("CARGO_BIN_EXE_sluice"));
    environment.write("shop/databricks.yml", "bundle: {name: shop}\n");
    environment.write("shop/product.yaml", PRODUCT);
    environment.write("shop/contracts/orders.odcs.yaml", ORDERS);
    environment.write("shop/contracts/buyers.odcs.yaml", &ORDERS.replace("orders", "buyers"));
    for arguments in [
        &["init", "--quiet", "--initial-branch", "main"][..],
        &["add", "--all"],
        &["commit", "--quiet", "--message", "begin"],
    ] {
        let _done = environment.git("shop", arguments).success().to_owned();
    }
    environment
}

fn diff(environment: &Environment, arguments: &[&str]) -> (Option<i32>, Value, String) {
    let all = [&["contract", "diff"], arguments, &["-o", "json"]].concat();
    let finished = environment.sluice_in("shop", &all);
    let answer = serde_json::from_str(&finished.stdout).unwrap_or(Value::Null);
    (finished.code, answer, finished.stderr)
}

#[test]
fn what_breaks_is_told_with_its_place_and_the_bump_that_it_needs() {
    let shop = shop();
    let (code, same, stderr) = diff(&shop, &["--against", "main"]);
    assert_eq!((code, &same["breaks"]), (Some(0), &Value::Bool(false)), "{stderr}");

    let dropped = ORDERS.replace("      - {name: amount, physicalType: int}\n", "");
    shop.write("shop/contracts/orders.odcs.yaml", &dropped);
    let (code, answer, _) = diff(&shop, &["orders", "--against", "HEAD"]);
    assert_eq!(code, Some(1));
    let change = &answer["ports"][0]["changes"][0];
    assert_eq!(
        (
            &change["rule"],
            &change["path"],
            &change["bump"],
            &change["verdicts"]["genie"]
        ),
        (&"C03".into(), &"orders.amount".into(), &"major".into(), &"break".into())
    );
    assert_eq!(change["previous_location"]["line"], 10);
    assert_eq!(
        answer["ports"][0]["version"]["fault"],
        "version 1.0.0 is used again for other content; the changes need 2.0.0"
    );
    assert_eq!(answer["ports"][0]["version_location"]["line"], 4);
    let text = shop.sluice_in("shop", ["contract", "diff", "--against", "main"]);
    assert_eq!(text.code, Some(1));
    let expected = "  break  C03 `orders.amount` is gone [major; all]\n         in contracts/orders.odcs.yaml:7:5 (before: contracts/orders.odcs.yaml:10:9)\n";
    assert!(text.stdout.contains(expected), "{}", text.stdout);

    shop.write("shop/contracts/orders.odcs.yaml", &dropped.replace("1.0.0", "2.0.0"));
    let (code, answer, _) = diff(&shop, &["--against", "main"]);
    assert_eq!(
        (code, &answer["versions_sufficient"]),
        (Some(1), &Value::Bool(true)),
        "it breaks, and says so"
    );

    shop.write(
        "shop/product.yaml",
        &PRODUCT.replace(
            "  - {name: buyers, kind: output, contract: contracts/buyers.odcs.yaml}\n",
            "",
        ),
    );
    let (code, answer, _) = diff(&shop, &["buyers", "--against", "main"]);
    assert_eq!(
        (code, &answer["ports"][0]["changes"][0]["kind"]),
        (Some(1), &"port_removed".into())
    );
}

#[test]
fn a_widened_type_breaks_streams_alone_and_without_a_release_everything_is_new() {
    let shop = shop();
    let widened = ORDERS
        .replace("physicalType: int", "physicalType: bigint")
        .replace("1.0.0", "1.1.0");
    shop.write("shop/contracts/orders.odcs.yaml", &widened);
    let (code, answer, _) = diff(&shop, &["orders", "--against", "main"]);
    let change = &answer["ports"][0]["changes"][0];
    assert_eq!(
        (code, &change["verdicts"]["streaming"], &change["verdicts"]["batch"]),
        (Some(1), &"break".into(), &"warn".into())
    );
    assert_eq!(answer["versions_sufficient"], true);
    let (code, answer, _) = diff(&shop, &[]);
    assert_eq!(
        (code, &answer["baseline"], &answer["ports"][0]["state"]),
        (Some(0), &Value::Null, &"new".into())
    );
}

#[test]
fn what_cannot_be_compared_is_refused_by_name() {
    let shop = shop();
    for (arguments, message) in [
        (
            &["--against", "nowhere"][..],
            "`nowhere` is neither an environment of the platform nor a commit",
        ),
        (&["--against=--all"], "`--all` is neither an environment"),
        (
            &["ordres", "--against", "main"],
            "no port `ordres` with a contract; there are: `orders`, `buyers`",
        ),
    ] {
        let (code, answer, stderr) = diff(&shop, arguments);
        assert_eq!((code, answer), (Some(2), Value::Null), "{stderr}");
        assert!(stderr.contains(message), "{stderr}");
    }
    shop.write("shop/contracts/orders.odcs.yaml", &ORDERS.replace("status", "stauts"));
    let (code, _, stderr) = diff(&shop, &["--against", "main"]);
    assert_eq!(code, Some(2));
    assert!(stderr.contains("in contracts/orders.odcs.yaml:5:1"), "{stderr}");
}
