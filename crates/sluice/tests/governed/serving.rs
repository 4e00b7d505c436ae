//! The page as it is served, and a browser without a window: it keeps cookies and sends forms as browsers do.

use std::cell::RefCell;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use reqwest::header::{COOKIE, HeaderMap, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::{Client, Method, StatusCode, redirect};

use crate::world::World;

/// `sluice serve`, ended with it.
pub(crate) struct Serving {
    child: Child,
    pub(crate) url: String,
}

impl Serving {
    /// Serves the page in the product's checkout.
    pub(crate) fn begin(world: &World<'_>) -> Self {
        Self::begin_in(world, "flights")
    }

    /// Serves the page in a folder of the world.
    pub(crate) fn begin_in(world: &World<'_>, folder: &str) -> Self {
        let mut child = world
            .command(&["serve", "--port", "0"])
            .current_dir(world.environment.work().join(folder))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let url = line.trim().trim_end_matches('/').to_owned();
        assert!(url.starts_with("http://127.0.0.1:"), "{url}");
        Self { child, url }
    }

    /// Ends it as Ctrl-C does, and gives its exit code.
    pub(crate) fn end(mut self) -> Option<i32> {
        self.interrupt();
        self.child.wait().unwrap().code()
    }

    fn interrupt(&self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        if self.child.try_wait().unwrap().is_none() {
            self.child.kill().unwrap();
            self.child.wait().unwrap();
        }
    }
}

/// What a page answered.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Page {
    pub(crate) fn location(&self) -> &str {
        self.headers.get(LOCATION).map_or("", |value| value.to_str().unwrap())
    }

    /// Fails unless the page says all of these.
    pub(crate) fn says(&self, texts: &[&str]) -> &Self {
        for text in texts {
            assert!(
                self.text.contains(text),
                "`{text}` is missing: {} {}",
                self.status,
                self.text
            );
        }
        self
    }

    /// Fails when the page says one of these.
    pub(crate) fn hides(&self, texts: &[&str]) -> &Self {
        for text in texts {
            assert!(!self.text.contains(text), "`{text}` is there: {}", self.text);
        }
        self
    }

    /// The token that forms of this page carry.
    pub(crate) fn csrf(&self) -> String {
        let rest = self.text.split("name=\"csrf\" value=\"").nth(1);
        let value = rest.and_then(|rest| rest.split('"').next());
        value.unwrap_or_else(|| panic!("no form: {}", self.text)).to_owned()
    }
}

pub(crate) struct Browser {
    client: Client,
    runtime: tokio::runtime::Runtime,
    url: String,
    cookie: RefCell<Option<String>>,
}

impl Browser {
    pub(crate) fn new(serving: &Serving) -> Self {
        // An error means that the process has a provider already.
        drop(rustls::crypto::ring::default_provider().install_default());
        let client = Client::builder().redirect(redirect::Policy::none()).build().unwrap();
        Self {
            client,
            runtime: tokio::runtime::Runtime::new().unwrap(),
            url: serving.url.clone(),
            cookie: RefCell::new(None),
        }
    }

    /// Somebody who signed in with the token of a profile of the local workspaces.
    pub(crate) fn signed_in(serving: &Serving, world: &World<'_>, environment: &str, principal: &str) -> Self {
        let browser = Self::new(serving);
        let answer = browser.sign_in(environment, &world.token(&format!("{environment}-{principal}")));
        assert_eq!(
            (answer.status, answer.location()),
            (StatusCode::SEE_OTHER, "/"),
            "{}",
            answer.text
        );
        browser
    }

    pub(crate) fn sign_in(&self, environment: &str, token: &str) -> Page {
        let csrf = self.get("/sign-in").csrf();
        self.post(
            "/sign-in",
            &[("csrf", &csrf), ("environment", environment), ("token", token)],
        )
    }

    pub(crate) fn get(&self, path: &str) -> Page {
        self.ask(Method::GET, path, None, &[])
    }

    /// Sends a form as a page of the site does.
    pub(crate) fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        self.ask(Method::POST, path, Some(fields), &[(ORIGIN.as_str(), &self.url)])
    }

    /// Sends the form of a page, whose token it carries.
    pub(crate) fn send(&self, page: &str, path: &str, fields: &[(&str, &str)]) -> Page {
        let csrf = self.get(page).csrf();
        let mut all = vec![("csrf", csrf.as_str())];
        all.extend_from_slice(fields);
        self.post(path, &all)
    }

    pub(crate) fn ask(
        &self,
        method: Method,
        path: &str,
        form: Option<&[(&str, &str)]>,
        headers: &[(&str, &str)],
    ) -> Page {
        let mut request = self.client.request(method, format!("{}{path}", self.url));
        if let Some(cookie) = self.cookie.borrow().as_ref() {
            request = request.header(COOKIE, cookie);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(fields) = form {
            let body: Vec<String> = fields
                .iter()
                .map(|(name, value)| format!("{name}={}", encoded(value)))
                .collect();
            request = request
                .header("content-type", "application/x-www-form-urlencoded")
                .body(body.join("&"));
        }
        self.runtime.block_on(async {
            let answer = request.send().await.unwrap();
            let (status, headers) = (answer.status(), answer.headers().clone());
            if let Some(set) = headers.get(SET_COOKIE) {
                let pair = set.to_str().unwrap().split(';').next().unwrap().to_owned();
                *self.cookie.borrow_mut() = Some(pair).filter(|pair| !pair.ends_with('='));
            }
            let text = answer.text().await.unwrap();
            Page { status, headers, text }
        })
    }

    /// Opens a live view and reads its first event.
    pub(crate) fn follow(&self, path: &str) -> LiveView<'_> {
        let mut request = self.client.get(format!("{}{path}", self.url));
        if let Some(cookie) = self.cookie.borrow().as_ref() {
            request = request.header(COOKIE, cookie);
        }
        let (answer, first) = self.runtime.block_on(async {
            let mut answer = request.header("accept", "text/event-stream").send().await.unwrap();
            let first = answer.chunk().await.unwrap().unwrap_or_default();
            (answer, first)
        });
        let first = String::from_utf8_lossy(&first).into_owned();
        assert!(first.contains("event: part"), "{} {first}", answer.status());
        LiveView { browser: self, answer }
    }

    pub(crate) fn cookie(&self) -> Option<String> {
        self.cookie.borrow().clone()
    }
}

/// A live view that goes on.
pub(crate) struct LiveView<'browser> {
    browser: &'browser Browser,
    answer: reqwest::Response,
}

impl LiveView<'_> {
    /// What comes until the server ends it.
    pub(crate) fn rest(self) -> String {
        self.browser.runtime.block_on(self.answer.text()).unwrap()
    }
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
