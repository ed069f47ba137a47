"use strict";
(function () {
  const main = document.getElementById("main");
  const base = JSON.parse(document.getElementById("what-if").getAttribute("data-base"));
  const names = ["wage", "hours", "productivity", "supervision", "hires"];
  const language = document.documentElement.lang;
  const currency = document.getElementById("what-if").getAttribute("data-currency");
  const money = new Intl.NumberFormat(language, { style: "currency", currency: currency, maximumFractionDigits: 0 });
  const plain = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });
  const none = document.getElementById("what-if").getAttribute("data-none");

  function compute(levers) {
    const work = base.simple + base.skilled * levers.productivity;
    const cost = base.other_costs + levers.supervision * base.guidance_rate;
    const benefit = levers.hours * levers.wage * work + levers.hires * base.per_hire;
    const net = cost - benefit;
    const slopes = {
      wage: levers.hours * work,
      hours: levers.wage * work,
      productivity: levers.hours * levers.wage * base.skilled,
      supervision: -base.guidance_rate,
      hires: base.per_hire,
    };
    const found = {};
    for (const name of names) {
      const value = slopes[name] ? levers[name] + net / slopes[name] : null;
      const most = name === "productivity" ? 1 : Infinity;
      found[name] = value !== null && value >= 0 && value <= most ? value : null;
    }
    return { cost: cost, benefit: benefit, net_cost: net, bcr: cost > 0 ? benefit / cost : null, break_even: found };
  }

  function put(id, value, text) {
    const place = document.getElementById(id);
    place.setAttribute("data-value", value === null ? "" : String(value));
    place.textContent = text;
  }

  function show() {
    const levers = {};
    for (const name of names) {
      const field = document.getElementById("lever-" + name);
      const scale = Number(field.getAttribute("data-scale"));
      const number = field.value === "" || !field.validity.valid ? NaN : Number(field.value);
      field.setAttribute("aria-invalid", number >= 0 ? "false" : "true");
      if (!(number >= 0)) { return; }
      levers[name] = number / scale;
    }
    const result = compute(levers);
    put("cost", result.cost, money.format(result.cost));
    put("benefit", result.benefit, money.format(result.benefit));
    put("net_cost", result.net_cost, money.format(result.net_cost));
    put("bcr", result.bcr, result.bcr === null ? none : plain.format(result.bcr));
    for (const name of names) {
      const scale = Number(document.getElementById("lever-" + name).getAttribute("data-scale"));
      const value = result.break_even[name];
      put("even-" + name, value, value === null ? none : plain.format(value * scale));
    }
  }

  for (const name of names) {
    document.getElementById("lever-" + name).addEventListener("input", show);
  }
  show();
  main.setAttribute("data-ready", "true");
})();
