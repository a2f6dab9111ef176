// A network that can fail: a TCP relay to the server whose connections can be cut, and refused for a while.
import { connect, createServer } from "node:net";

export async function relayTo(url) {
  const { hostname, port } = new URL(url);
  const open = new Set();
  let away = false;
  const server = createServer((near) => {
    if (away) return near.destroy();
    const far = connect(Number(port), hostname);
    for (const [one, other] of [[near, far], [far, near]]) {
      open.add(one);
      one.on("error", () => one.destroy());
      one.on("close", () => {
        open.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    cut() {
      away = true;
      for (const socket of open) socket.destroy();
    },
    restore() {
      away = false;
    },
  };
}
