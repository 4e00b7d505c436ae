//! The page: who is let in where, and what it shows and refuses.

use reqwest::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY, SET_COOKIE, X_CONTENT_TYPE_OPTIONS};
use reqwest::{Method, StatusCode};
use sluice_server::route::{Permission, TABLE, Verb};

use crate::serving::{Browser, Page, Serving};
use crate::world::{ONE, ROLES, World, environment};

/// The path of a route with something in the place of what varies.
fn path(route: &str) -> String {
    let parts = [
        ("{product}", "flights"),
        ("{version}", "1.0.0"),
        ("{number}", "1"),
        ("{id}", "nothing"),
    ];
    parts
        .iter()
        .fold(route.to_owned(), |path, (name, value)| path.replace(name, value))
}

fn is_guarded(answer: &Page) {
    let header = |name| answer.headers.get(name).map(|value| value.to_str().unwrap());
    let policy = header(CONTENT_SECURITY_POLICY).unwrap();
    assert!(policy.starts_with("default-src 'none'; "), "{policy}");
    assert!(
        policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"),
        "{policy}"
    );
    assert_eq!(header(X_CONTENT_TYPE_OPTIONS), Some("nosniff"));
    assert_eq!(header(REFERRER_POLICY), Some("no-referrer"));
}

#[test]
fn every_route_asks_for_what_the_table_says() {
    let environment = environment();
    let world = World::new(&environment, ONE);
    let serving = Serving::begin(&world);
    let nobody = Browser::new(&serving);
    let analyst = Browser::signed_in(&serving, &world, "dev", "analyst");
    for route in TABLE {
        let path = path(route.path);
        let (unsigned, signed) = match route.verb {
            Verb::Get => (nobody.get(&path), analyst.get(&path)),
            Verb::Post => (
                nobody.post(&path, &[("csrf", "wrong")]),
                analyst.post(&path, &[("csrf", "wrong")]),
            ),
        };
        is_guarded(&unsigned);
        is_guarded(&signed);
        let expected = match (route.permission, route.verb) {
            (Permission::Anyone, Verb::Get) => StatusCode::OK,
            (Permission::Anyone, Verb::Post) => StatusCode::FORBIDDEN,
            (Permission::SignedIn | Permission::Decides, Verb::Get) => StatusCode::SEE_OTHER,
            (Permission::SignedIn | Permission::Decides, Verb::Post) => StatusCode::UNAUTHORIZED,
        };
        assert_eq!(
            unsigned.status, expected,
            "{route:?} without a session: {}",
            unsigned.text
        );
        if expected == StatusCode::SEE_OTHER {
            assert!(
                unsigned.location().starts_with("/sign-in"),
                "{route:?}: {}",
                unsigned.location()
            );
        }
        match route.verb {
            Verb::Get => assert!(
                [StatusCode::OK, StatusCode::NOT_FOUND, StatusCode::SEE_OTHER].contains(&signed.status),
                "{route:?} with a session: {} {}",
                signed.status,
                signed.text
            ),
            Verb::Post => {
                assert_eq!(
                    signed.status,
                    StatusCode::FORBIDDEN,
                    "{route:?} with a wrong token: {}",
                    signed.text
                );
                signed.says(&["the form is not one that this server gave to you"]);
            }
        }
        // A form that another site sends, with the right token of the session.
        if route.verb == Verb::Post {
            let csrf = analyst.get("/history").csrf();
            let form: &[(&str, &str)] = &[("csrf", &csrf)];
            for headers in [
                &[][..],
                &[("origin", "http://evil.test")],
                &[("origin", "null"), ("sec-fetch-site", "cross-site")],
            ] {
                let foreign = analyst.ask(Method::POST, &path, Some(form), headers);
                assert_eq!(foreign.status, StatusCode::FORBIDDEN, "{route:?} {headers:?}");
                foreign.says(&["the form was not sent by a page of this server"]);
            }
        }
        let rebound = analyst.ask(Method::GET, &path, None, &[("host", "evil.test")]);
        assert_eq!(rebound.status, StatusCode::FORBIDDEN, "{route:?}");
        rebound.says(&["own names alone"]);
    }
    assert_eq!(nobody.get("/no-such-page").status, StatusCode::NOT_FOUND);
    let stream = nobody.ask(
        Method::GET,
        "/deployments/x/events",
        None,
        &[("accept", "text/event-stream")],
    );
    assert_eq!(stream.status, StatusCode::UNAUTHORIZED);
    assert_eq!(serving.end(), Some(0), "Ctrl-C ends it cleanly");
}

#[test]
fn a_session_is_of_the_person_whom_the_workspace_names_and_shows_no_token() {
    let environment = environment();
    let world = World::new(&environment, ONE);
    let serving = Serving::begin(&world);
    let browser = Browser::new(&serving);
    let token = world.token("qa-steward");

    let wrong = browser.sign_in("qa", "dapi-canary-0123456789");
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    wrong
        .says(&["the workspace does not accept this token"])
        .hides(&["dapi-canary"]);
    let elsewhere = browser.sign_in("dev", &token);
    assert_eq!(
        elsewhere.status,
        StatusCode::UNAUTHORIZED,
        "a token is one of its own workspace"
    );
    let unknown = browser.sign_in("moon", &token);
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    unknown.says(&["has no environment <code>moon</code>"]).hides(&[&token]);
    let odd = browser.sign_in("qa", "two\r\nlines");
    assert_eq!(odd.status, StatusCode::BAD_REQUEST);

    let before = browser.get("/sign-in?next=/history");
    let key_before = browser.cookie();
    let csrf = before.csrf();
    let answer = browser.post(
        "/sign-in",
        &[
            ("csrf", &csrf),
            ("environment", "qa"),
            ("token", &token),
            ("next", "/history"),
        ],
    );
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/history"));
    let cookie = answer.headers.get(SET_COOKIE).unwrap().to_str().unwrap();
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict"), "{cookie}");
    assert_ne!(
        browser.cookie(),
        key_before,
        "the key from before the sign-in is not that of the session"
    );
    let page = browser.get("/history");
    page.says(&["steward", "at qa", "Sign out"]).hides(&[&token]);
    assert_eq!(page.headers.get("cache-control").unwrap(), "no-store");

    let key = browser.cookie().unwrap();
    let left = browser.send("/history", "/sign-out", &[]);
    assert_eq!((left.status, left.location()), (StatusCode::SEE_OTHER, "/sign-in"));
    let stale = Browser::new(&serving).ask(Method::GET, "/history", None, &[("cookie", &key)]);
    assert_eq!(
        stale.status,
        StatusCode::SEE_OTHER,
        "the session is over on the server as well"
    );
    for next in ["//evil.test", "https://evil.test", "/\\evil.test"] {
        let page = browser.get(&format!("/sign-in?next={next}"));
        page.hides(&["evil.test"]);
    }
}

/// The page of a deployment that went back says what it went back to and what came of it.
pub(crate) fn shows_the_way_back(world: &World<'_>, deployment: &str) {
    let serving = Serving::begin(world);
    let analyst = Browser::signed_in(&serving, world, "qa", "analyst");
    let page = analyst.get(&format!("/deployments/{deployment}"));
    page.says(&[
        "rolled back",
        "The way back",
        "Restored",
        "rows and columns of <code>qa.flt_gold.sales</code>: version 1",
        "What was there before: 1 table",
        "going back",
    ]);
    page.hides(&["data-follow", "deployment resume", "Needs a human"]);
    analyst.get("/").says(&["1.0.0"]).hides(&["rolled back"]);
}

/// The page of a promotion that policies stop says which, about what, and what to do; what is waived is there as well.
pub(crate) fn shows_what_policies_found(world: &World<'_>, promotion: &str) {
    let serving = Serving::begin(world);
    let analyst = Browser::signed_in(&serving, world, "prod", "analyst");
    let page = analyst.get(&format!("/promotions/{promotion}"));
    page.says(&[
        "See to what is named below",
        "MC-01",
        "▲ blocks",
        "the owner <code>engineer@sluice.test</code> is a person, not a group",
        "○ waived",
        "Waived until ",
        "<a href=\"#policies\">",
    ]);
}

/// The differences of a release say what its contracts break.
pub(crate) fn shows_what_a_contract_breaks(world: &World<'_>) {
    let serving = Serving::begin(world);
    let analyst = Browser::signed_in(&serving, world, "prod", "analyst");
    let page = analyst.get("/releases/flights/1.1.0?against=prod");
    page.says(&[
        "breaks a consumer",
        "(1.0.0 → 1.1.0, needs major)",
        "<code>C03</code> <code>orders.buyer</code> is gone",
        "contracts/orders.odcs.yaml",
    ]);
    let same = analyst.get("/releases/flights/1.0.0?against=prod");
    same.says(&["says the same", "No file differs", "No commit is new there"]);
}

#[test]
fn odd_questions_are_answered_and_what_cannot_be_served_is_said() {
    let environment = environment();
    let world = World::new(&environment, ONE);
    // Beside the product, so that the server has no checkout of it.
    let serving = Serving::begin_in(&world, ".");
    let analyst = Browser::signed_in(&serving, &world, "qa", "analyst");
    let huge = u64::MAX;
    for (path, status) in [
        (format!("/?page={huge}&column={huge}"), StatusCode::OK),
        (format!("/ledger/{huge}"), StatusCode::NOT_FOUND),
        (format!("/ledger?before={huge}"), StatusCode::OK),
        (format!("/history?before={huge}"), StatusCode::OK),
        ("/history?before=0".to_owned(), StatusCode::OK),
        ("/?show=everything".to_owned(), StatusCode::BAD_REQUEST),
        ("/?page=-1".to_owned(), StatusCode::BAD_REQUEST),
        ("/releases?product=A%00B".to_owned(), StatusCode::BAD_REQUEST),
        ("/releases/flights/one".to_owned(), StatusCode::BAD_REQUEST),
        ("/promotions/%FF".to_owned(), StatusCode::BAD_REQUEST),
        (
            "/promotions/%3Cscript%3Ealert(1)%3C%2Fscript%3E".to_owned(),
            StatusCode::NOT_FOUND,
        ),
    ] {
        let page = analyst.get(&path);
        assert_eq!(page.status, status, "{path}: {}", page.text);
        page.says(&["</html>", "Sign out"]).hides(&["<script>"]);
    }
    let long = "x".repeat(70_000);
    let csrf = analyst.get("/history").csrf();
    let page = analyst.post("/sign-out", &[("csrf", &csrf), ("comment", &long)]);
    assert_eq!(page.status, StatusCode::PAYLOAD_TOO_LARGE);
    let page = analyst.ask(Method::DELETE, "/history", None, &[("origin", &serving.url)]);
    assert_eq!(
        page.status,
        StatusCode::FORBIDDEN,
        "a DELETE is no look, and carries no form"
    );

    let port = serving.url.rsplit(':').next().unwrap();
    let (code, _, stderr) = world.sluice(&["serve", "--port", port]);
    assert_eq!(code, Some(2), "{stderr}");
    assert!(
        stderr.contains("cannot listen on 127.0.0.1:") && stderr.contains("hint: "),
        "{stderr}"
    );

    world.platform(ONE, &ROLES.replace("domain-owners]", "domain-owners], usrs: []"));
    let page = analyst.get("/");
    assert_eq!(page.status, StatusCode::INTERNAL_SERVER_ERROR);
    page.says(&["platform.yaml:", "usrs", "who runs this server corrects the file"]);
    world.platform(ONE, ROLES);
    world.done(&["verify", "-t", "dev"]);
    world.done(&["freeze", "1.0.0"]);
    assert!(world.killed_at(&["promote", "1.0.0", "--to", "qa"], "applying"));
    let killed = world.done(&["status"])[1]["unfinished"]["deployment"].clone();
    let killed = killed.as_str().unwrap();
    analyst
        .get("/?show=unfinished")
        .says(&["applying", &format!("/deployments/{killed}")]);
    analyst.get(&format!("/deployments/{killed}")).says(&[
        "that process is gone",
        "Nobody drives it any more",
        &format!("sluice deployment resume {killed}"),
    ]);
    let other = Browser::signed_in(&serving, &world, "qa", "steward");
    let live = other.follow(&format!("/deployments/{killed}/events"));
    other.send("/history", "/sign-out", &[]);
    assert!(
        live.rest().contains("event: end"),
        "who signed out is told nothing more"
    );
    world.done(&["deployment", "resume", killed]);
    analyst
        .get(&format!("/deployments/{killed}"))
        .says(&["active"])
        .hides(&["Nobody drives it any more"]);
    let (promotion, approval) = world.asked("1.0.0");
    analyst.get("/?show=waiting").says(&["awaits approval", "1 product"]);
    analyst.get("/?show=unfinished").says(&["There is no such product"]);
    analyst
        .get("/releases/flights/1.0.0?against=qa")
        .says(&["without the checkout of this product", "No file differs"]);
    let owner = Browser::signed_in(&serving, &world, "prod", "domain-owner");
    let at = format!("/promotions/{promotion}");
    owner
        .get(&at)
        .says(&[
            "this server has no checkout of <code>flights</code>",
            "sluice serve --repository DIR",
        ])
        .hides(&["<textarea"]);
    let refused = owner.send(&at, &format!("/approvals/{approval}/approve"), &[]);
    assert_eq!(refused.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(world.decisions(), ["approval.requested"]);
    a_live_view_does_not_keep_the_server(&world, serving);
}

#[test]
fn a_release_is_looked_at_approved_and_followed_on_the_page() {
    let environment = environment();
    let world = World::new(&environment, ONE);
    world.to_qa("1.0.0");
    let (promotion, approval) = world.asked("1.0.0");
    let serving = Serving::begin(&world);
    let at = format!("/promotions/{promotion}");
    let (yes, no) = (
        format!("/approvals/{approval}/approve"),
        format!("/approvals/{approval}/reject"),
    );

    let engineer = Browser::signed_in(&serving, &world, "prod", "engineer");
    engineer
        .get("/")
        .says(&["flights", "awaits approval", "1 release behind qa", "1.0.0"]);
    let page = engineer.get(&at);
    page.says(&[
        "awaits approval",
        "upstream-verified",
        "members of <code>domain-owners</code>",
        "You cannot approve this.",
        "<code>engineer@sluice.test</code> wrote some of what would be new in <code>prod</code>",
        "<code>engineer@sluice.test</code> froze the release",
    ]);
    page.hides(&[&format!("action=\"{yes}\"")]);
    let refused = engineer.send(&at, &yes, &[("comment", "I insist")]);
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    refused.says(&["and that is in the ledger", "wrote some of what would be new"]);

    let analyst = Browser::signed_in(&serving, &world, "prod", "analyst");
    analyst
        .get(&at)
        .says(&["<code>analyst@sluice.test</code> does not hold role <code>domain-owner</code> in <code>prod</code>"])
        .hides(&["<textarea"]);
    for path in [&yes, &no] {
        let refused = analyst.send(&at, path, &[("comment", "x")]);
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path}: {}", refused.text);
        refused.says(&["does not hold role <code>domain-owner</code>"]);
    }
    who_is_signed_in_elsewhere_is_led_to_the_right_environment(&world, &serving, &at, &yes);

    let owner = Browser::signed_in(&serving, &world, "prod", "domain-owner");
    owner.get("/releases/flights/1.0.0?against=prod").says(&[
        "Nothing runs in prod",
        "databricks.yml",
        "sluice/flights/v1.0.0",
    ]);
    owner
        .get(&at)
        .says(&[
            "<textarea",
            &format!("formaction=\"{yes}\""),
            &format!("formaction=\"{no}\""),
        ])
        .hides(&["You cannot"]);
    let silent = owner.send(&at, &no, &[("comment", "  ")]);
    assert_eq!(silent.status, StatusCode::BAD_REQUEST);
    silent.says(&["a no needs a reason"]);
    let approved = owner.send(&at, &yes, &[("comment", "looked <b>well</b>")]);
    assert_eq!(
        (approved.status, approved.location()),
        (StatusCode::SEE_OTHER, at.as_str()),
        "{}",
        approved.text
    );
    owner
        .get(&at)
        .says(&[
            "granted",
            "looked &lt;b&gt;well&lt;/b&gt;",
            "is granted already",
            "sluice promote 1.0.0 --to prod",
        ])
        .hides(&["<b>well", &format!("formaction=\"{yes}\"")]);

    let done = world.done(&["promote", "1.0.0", "--to", "prod"]);
    let deployment = done["promotion"]["deployment"].as_str().unwrap();
    let shown = owner.get(&format!("/deployments/{deployment}"));
    shown.says(&["active", "applying", "id=\"step-1\"", "epoch 2", "Checks"]);
    shown.hides(&["data-follow"]);
    let stream = owner.get(&format!("/deployments/{deployment}/events"));
    stream.says(&["event: part", "id=\"step-1\"", "event: end"]);
    owner
        .get("/")
        .says(&["approved by domain-owner@sluice.test"])
        .hides(&["behind qa"]);

    the_ledger_is_looked_at_and_verified(&world, &owner);
    let decisions = world.decisions();
    let refusals = decisions.iter().filter(|kind| *kind == "approval.refused").count();
    assert_eq!(refusals, 3, "looking at the form is no attempt: {decisions:?}");
}

fn who_is_signed_in_elsewhere_is_led_to_the_right_environment(
    world: &World<'_>,
    serving: &Serving,
    at: &str,
    yes: &str,
) {
    let elsewhere = Browser::signed_in(serving, world, "qa", "domain-owner");
    elsewhere
        .get(at)
        .says(&["you are signed in at <code>qa</code>", "Sign in at prod"])
        .hides(&["<textarea"]);
    let refused = elsewhere.send(at, yes, &[]);
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    // The link of that page: the other environment is chosen, and the promotion is where it leads back to.
    let form = elsewhere.get(&format!("/sign-in?environment=prod&next={at}"));
    form.says(&[
        "<option value=\"prod\" selected>",
        &format!("name=\"next\" value=\"{at}\""),
    ]);
    let before = elsewhere.cookie().unwrap();
    let token = world.token("prod-domain-owner");
    let fields = [("environment", "prod"), ("token", &token), ("next", at)];
    let moved = elsewhere.send("/history", "/sign-in", &fields);
    assert_eq!((moved.status, moved.location()), (StatusCode::SEE_OTHER, at));
    elsewhere.get(at).says(&["<textarea"]);
    let left = Browser::new(serving).ask(Method::GET, "/history", None, &[("cookie", &before)]);
    assert_eq!(
        left.status,
        StatusCode::SEE_OTHER,
        "the session at the other environment is over"
    );
}

fn the_ledger_is_looked_at_and_verified(world: &World<'_>, owner: &Browser) {
    let entries = world.ledger_is_sound();
    owner
        .get("/ledger/verification")
        .says(&[&format!("Verified: {entries} entries")]);
    owner
        .get("/history?environment=prod")
        .says(&["approval.granted", "deployment.active"])
        .hides(&["lease.taken"]);
    owner.get(&format!("/ledger/{entries}")).says(&["entry_hash"]);
    assert_eq!(
        owner.get(&format!("/ledger/{}", entries + 1)).status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(owner.get("/ledger/x").status, StatusCode::BAD_REQUEST);
    assert_eq!(owner.get("/history?before=%FF").status, StatusCode::BAD_REQUEST);
}

/// A deployment that nobody drives any more is followed for ever; the server ends all the same.
fn a_live_view_does_not_keep_the_server(world: &World<'_>, serving: Serving) {
    world.commit_volume("more");
    world.done(&["verify", "-t", "dev"]);
    world.done(&["freeze", "1.1.0"]);
    assert!(world.killed_at(&["promote", "1.1.0", "--to", "qa"], "applying"));
    let killed = world.done(&["status"])[1]["unfinished"]["deployment"].clone();
    let browser = Browser::signed_in(&serving, world, "qa", "steward");
    let live = browser.follow(&format!("/deployments/{}/events", killed.as_str().unwrap()));
    let began = std::time::Instant::now();
    assert_eq!(serving.end(), Some(0));
    assert!(began.elapsed().as_secs() < 4, "it was not waited for");
    live.rest();
}
