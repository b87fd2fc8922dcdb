// Defines <longhaul-export>.
import "longhaul/element";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import "./shop.css";
import { App } from "./App";

const place = document.getElementById("shop");
if (place) {
  createRoot(place).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
