// A page that signs in, asks, and watches the newest campaign.
import { createClient } from "graphql-ws";
import { ask, restore, signIn, signOut, token, url } from "./crm.mjs";
import { sentence } from "./problems.mjs";

const HOME = `query Home {
  viewer { role user { email } }
  campaigns(first: 1) { nodes { id name } }
}`;
const PROGRESS = `subscription Progress($id: ID!) {
  campaignProgress(campaignId: $id) { status stats { total delivered failed } }
}`;

const form = document.querySelector("#sign-in");
const home = document.querySelector("main");
const problem = document.querySelector("#problem");

const socket = createClient({
  url: url.replace(/^http/, "ws"),
  // Asked for at each connection: a socket whose token has expired (4440) comes back with a new one.
  connectionParams: async () => ({ Authorization: `Bearer ${await token()}` }),
});

async function showHome() {
  const { viewer, campaigns } = await ask(HOME);
  form.hidden = true;
  home.hidden = false;
  document.querySelector("#viewer").textContent = `${viewer.user.email}, ${viewer.role}`;
  const [newest] = campaigns.nodes;
  if (newest) watch(newest);
}

function watch({ id, name }) {
  socket.subscribe(
    { query: PROGRESS, variables: { id } },
    {
      next: ({ data }) => {
        const { status, stats } = data.campaignProgress;
        document.querySelector("#campaign").textContent =
          `${name}: ${status}, ${stats.delivered} of ${stats.total} delivered`;
      },
      error: show,
      complete: () => {},
    },
  );
}

function show(error) {
  problem.textContent = sentence(error);
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  problem.textContent = "";
  const { email, password } = Object.fromEntries(new FormData(form));
  await signIn(email, password).then(showHome).catch(show);
});

document.querySelector("#sign-out").addEventListener("click", async () => {
  await signOut().catch(show);
  location.reload();
});

// Whoever was here before has the cookie.
restore()
  .then((isSignedIn) => (isSignedIn ? showHome() : (form.hidden = false)))
  .catch(show);
