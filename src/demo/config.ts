/** Where the demo's upstreams listen. */
export interface DemoPorts {
  readonly fast: number;
  readonly slow: number;
  readonly flaky: number;
}

/** The demo's config: a file like any other, to be read, copied and changed. */
export function demoConfigYaml({ fast, slow, flaky }: DemoPorts): string {
  return `# The demo: two forwards over three simulated upstreams.
http_server:
  forwards:
    # Everyone gets a turn; what the flaky one refuses, another one answers.
    - name: everyone
      address: 127.0.0.1
      port: 3000
      default_group: everyone
      routing:
        # A file lives where it was uploaded: file requests stay with the preferred upstream.
        - path: /v1/files/*
          target_group: preferred
    # The fast one, and the others only when it is gone.
    - name: preferred
      address: 127.0.0.1
      port: 3001
      default_group: preferred
  admin:
    address: 127.0.0.1
    port: 9000

upstreams:
  - name: fast
    url: http://127.0.0.1:${fast}/
  - name: slow
    url: http://127.0.0.1:${slow}/
  - name: flaky
    url: http://127.0.0.1:${flaky}/

upstream_groups:
  - name: everyone
    upstreams:
      - name: fast
      - name: slow
      - name: flaky
    balance:
      strategy: roundrobin
    http_client: &client
      timeout:
        connect: 2
        request: 60
      retry:
        attempts: 4
        initial: 200
  - name: preferred
    upstreams:
      - name: fast
      - name: slow
      - name: flaky
    balance:
      strategy: failover
    http_client: *client
`;
}
