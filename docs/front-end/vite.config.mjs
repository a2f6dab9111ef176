// What goes to the CRM goes by way of this server: to a browser all of it is one origin.
const crm = process.env.CRM_URL ?? "http://127.0.0.1:8000";

export default {
  server: {
    proxy: {
      "/graphql": { target: crm, ws: true },
      "/ingest": { target: crm },
    },
  },
};
