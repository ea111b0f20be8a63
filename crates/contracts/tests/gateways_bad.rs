//! Gateways that can't be read: templates, broken and hostile documents.

#![allow(clippy::unwrap_used)]

mod routes;

use routes::gateways;

#[test]
fn templates_give_one_trouble_a_folder() {
    let template = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: {{ .Release.Name }}\n";
    let found = gateways(&[
        ("chart/templates/a.yaml", template),
        ("chart/templates/b.yaml", template),
        ("roles/nginx.conf.j2", "server { location / { proxy_pass {{ x }}; } }"),
    ]);
    let told: Vec<&str> = found.troubles.iter().map(|t| t.file.as_str()).collect();
    assert_eq!(told, ["chart/templates/a.yaml", "roles/nginx.conf.j2"]);
    assert!(found.troubles[0].message.starts_with("it is a template (with 1 others"), "{:?}", found.troubles[0]);
    assert!(found.gateways.is_empty());
}

#[test]
fn hostile_documents_give_troubles() {
    let bomb = format!(
        "apiVersion: v1\nkind: Ingress\na0: &a0 [x,x,x,x,x,x,x,x,x]\n{}",
        (1..30).map(|n| format!("a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 9].join(","))).collect::<String>()
    );
    let deep = format!("apiVersion: v1\nkind: Ingress\nspec: {}{}", "[".repeat(50_000), "]".repeat(50_000));
    let nginx = format!("location /x {{ proxy_pass http://a; }}\n{}", "a {\n".repeat(100_000));
    let caddy = "a {\n".repeat(50_000);
    let hcl = format!("resource \"aws_lambda_function\" \"x\" {{ a = {}1{} }}", "[".repeat(100_000), "]".repeat(100_000));
    let toml = format!("[http.routers.a]\nrule = {}{}", "[".repeat(100_000), "]".repeat(100_000));
    let envoy = format!("{{\"static_resources\": {{\"virtual_hosts\": {}{}}}}}", "[".repeat(100_000), "]".repeat(100_000));
    let rule = format!("http: {{routers: {{a: {{rule: \"{}\"}}}}}}", "(".repeat(100_000));
    for (file, text) in [
        ("deep.yaml", deep.as_str()),
        ("nginx.conf", &nginx),
        ("Caddyfile", &caddy),
        ("x.tf", &hcl),
        ("x.toml", &toml),
        ("envoy.json", &envoy),
        ("traefik.yml", &rule),
        ("broken.tf", "resource \"aws_lambda_function\" {"),
        ("wrangler.toml", "name = "),
        ("vercel.json", "{\"rewrites\": ["),
    ] {
        let found = gateways(&[(file, text)]);
        assert!(!found.troubles.is_empty(), "{file} gives no trouble");
        assert!(found.troubles.iter().all(|t| t.file == file && t.line > 0), "{file} {:?}", found.troubles);
    }
    let started = std::time::Instant::now();
    gateways(&[("bomb.yaml", &bomb)]);
    let include = "server { location / { proxy_pass http://a; include b.conf; include b.conf; } }";
    gateways(&[
        ("nginx.conf", include),
        ("b.conf", "include nginx.conf; include b2.conf; include b2.conf;"),
        ("b2.conf", "include b.conf; include b.conf;"),
    ]);
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}
